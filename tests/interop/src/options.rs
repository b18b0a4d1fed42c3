//! The command line.

use crate::channel::Kind;
use crate::connection::{parse_url, PoolUrl};

pub const USAGE: &str = "\
v2-client stratum2+tcp://HOST:PORT/AUTHORITY-KEY --user USER[.WORKER] [OPTION VALUE]...
  --open standard|extended  a channel to open; may be given again (extended)
  --shares N                shares to get accepted on each channel (10)
  --worker NAME             negotiates extension 0x0002 and names this worker in the shares of extended
                            channels; given again, the shares take turns
  --flags N                 flags of SetupConnection (0)
  --protocol N              protocol of SetupConnection (0: mining)
  --version N               the one protocol version that is offered (2)
  --min-extranonce N        wished size of the rest of the extranonce (4)
  --hash-rate H             nominal hash rate in hashes a second (1000000)
  --spoil WHAT              after the shares, a bad one on the first channel: channel, job, extranonce, ntime,
                            version, target, duplicate; or tag: a frame whose encryption is broken, after
                            which the pool must close. May be given again
  --seconds N               give up after this time (60)
One line of JSON tells what came of it. Exit code 0: every share was accepted and every bad one refused.
2: the certificate was refused. 3: the pool refused the connection or the channel. 1: anything else.";

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spoil {
    Channel,
    Job,
    Extranonce,
    Ntime,
    Version,
    Target,
    Duplicate,
    Tag,
}

pub const SPOILS: [(&str, Spoil); 8] = [
    ("channel", Spoil::Channel),
    ("job", Spoil::Job),
    ("extranonce", Spoil::Extranonce),
    ("ntime", Spoil::Ntime),
    ("version", Spoil::Version),
    ("target", Spoil::Target),
    ("duplicate", Spoil::Duplicate),
    ("tag", Spoil::Tag),
];

pub struct Options {
    pub url: PoolUrl,
    pub user: String,
    pub open: Vec<Kind>,
    pub shares: u32,
    pub workers: Vec<String>,
    pub flags: u32,
    pub protocol: u8,
    pub version: u16,
    pub min_extranonce: u16,
    pub hash_rate: f32,
    pub spoils: Vec<Spoil>,
    pub seconds: u64,
}

impl Options {
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut rest = arguments.into_iter();
        let mut options = Self {
            url: parse_url(&rest.next().ok_or("which pool?")?)?,
            user: String::new(),
            open: Vec::new(),
            shares: 10,
            workers: Vec::new(),
            flags: 0,
            protocol: 0,
            version: 2,
            min_extranonce: 4,
            hash_rate: 1e6,
            spoils: Vec::new(),
            seconds: 60,
        };
        while let Some(name) = rest.next() {
            let value = rest.next().ok_or(format!("{name} needs a value"))?;
            options.set(&name, &value)?;
        }
        if options.open.is_empty() {
            options.open.push(Kind::Extended);
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "--user" => self.user = value.into(),
            "--open" => self.open.push(match value {
                "standard" => Kind::Standard,
                "extended" => Kind::Extended,
                _ => return Err(format!("--open: not a kind of channel: {value}")),
            }),
            "--shares" => self.shares = number(name, value)?,
            "--worker" => self.workers.push(value.into()),
            "--flags" => self.flags = number(name, value)?,
            "--protocol" => self.protocol = number(name, value)?,
            "--version" => self.version = number(name, value)?,
            "--min-extranonce" => self.min_extranonce = number(name, value)?,
            "--hash-rate" => self.hash_rate = number(name, value)?,
            "--seconds" => self.seconds = number(name, value)?,
            "--spoil" => {
                let known = SPOILS.iter().find(|(text, _)| *text == value);
                self.spoils.push(known.ok_or(format!("--spoil: not known: {value}"))?.1);
            }
            _ => return Err(format!("there is no option {name}")),
        }
        Ok(())
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name}: not a number in range: {value}"))
}
