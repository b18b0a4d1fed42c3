//! A Stratum V2 miner on the reference implementation's crates, to try a pool with code that others wrote.
//! It checks the certificate, mines for real, and holds the pool to the specification: see options::USAGE.

mod channel;
mod connection;
mod options;
mod session;
#[cfg(test)]
mod stub_pool;
mod work;

use std::process::ExitCode;
use std::time::Instant;

use channel::{Channel, Kind};
use options::{Options, USAGE};
use session::{Outcome, Session};

/// Why a conversation ended early.
#[derive(Debug)]
pub enum Failure {
    Certificate(String),
    Refused(String), // the error code of SetupConnection.Error or OpenMiningChannel.Error
    Other(String),
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure::Other(text)
    }
}

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::from(64);
        }
    };
    let (started, mut outcome) = (Instant::now(), Outcome::default());
    let result = Session::run(&options, &mut outcome);
    println!("{}", report(&outcome, &result, started.elapsed().as_secs_f64()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Other(_)) => ExitCode::from(1),
        Err(Failure::Certificate(_)) => ExitCode::from(2),
        Err(Failure::Refused(_)) => ExitCode::from(3),
    }
}

/// One line of JSON.
fn report(outcome: &Outcome, result: &Result<(), Failure>, seconds: f64) -> String {
    let sum = |count: fn(&Channel) -> u32| outcome.channels.iter().map(count).sum::<u32>();
    let refusals = outcome.refusals.iter().map(|(name, code)| format!("{}:{}", quoted(name), quoted(code)));
    let mut fields = vec![
        format!("\"accepted\":{}", sum(|one| one.accepted)),
        format!("\"rejected\":{}", sum(|one| one.rejected)),
        format!("\"stale\":{}", sum(|one| one.stale)),
        format!("\"jobs\":{}", sum(|one| one.jobs)),
        format!("\"setup_flags\":{}", outcome.setup_flags),
        format!("\"extensions\":{:?}", outcome.extensions),
        format!("\"channels\":[{}]", joined(outcome.channels.iter().map(channel_json))),
        format!("\"refusals\":{{{}}}", joined(refusals)),
        format!("\"seconds\":{seconds:.3}"),
    ];
    match result {
        Ok(()) => {}
        Err(Failure::Certificate(why)) => fields.push(format!("\"certificate\":{}", quoted(why))),
        Err(Failure::Refused(code)) => fields.push(format!("\"refused\":{}", quoted(code))),
        Err(Failure::Other(why)) => fields.push(format!("\"error\":{}", quoted(why))),
    }
    format!("{{{}}}", fields.join(","))
}

fn channel_json(channel: &Channel) -> String {
    let kind = match channel.kind {
        Kind::Standard => "standard",
        Kind::Extended => "extended",
    };
    let prefix: String = channel.extranonce_prefix.iter().map(|byte| format!("{byte:02x}")).collect();
    let codes = channel.codes.iter().map(|(_, code)| quoted(code));
    let hashes = channel.accepted_hashes.iter().map(|hash| quoted(&work::display(hash)));
    let fields = [
        format!("\"kind\":\"{kind}\""),
        format!("\"id\":{}", channel.id),
        format!("\"group\":{}", channel.group),
        format!("\"extranonce_prefix\":\"{prefix}\""),
        format!("\"extranonce_size\":{}", channel.extranonce_size),
        format!("\"target\":\"{}\"", work::display(&channel.target)),
        format!("\"jobs\":{}", channel.jobs),
        format!("\"tips\":{}", channel.tips),
        format!("\"accepted\":{}", channel.accepted),
        format!("\"shares_sum\":{}", channel.shares_sum),
        format!("\"codes\":[{}]", joined(codes)),
        format!("\"hashes\":[{}]", joined(hashes)),
    ];
    format!("{{{}}}", fields.join(","))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",")
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control < ' ' => quoted.push_str(&format!("\\u{:04x}", control as u32)),
            other => quoted.push(other),
        }
    }
    quoted + "\""
}
