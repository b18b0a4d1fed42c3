//! A pool just large enough to try the client: one connection, three jobs, shares checked by the rules.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use binary_sv2::{Seq0255, Seq064K, Str0255, Sv2Option, B032, B064K, U256 as WireU256};
use codec_sv2::Handshake;
use common_messages_sv2::{SetupConnectionError, SetupConnectionSuccess};
use extensions_sv2::RequestExtensionsSuccess;
use mining_sv2::*;
use noise_sv2::Responder;
use parsers_sv2::{AnyMessage, CommonMessages, Extensions, ExtensionsNegotiation, Mining};

use crate::channel::Kind;
use crate::connection::{parse_url, Connection};
use crate::options::{Options, Spoil, SPOILS};
use crate::session::{Outcome, Session};
use crate::work::{meets, Header, Root, U256};
use crate::Failure;

// The example pair of the reference implementation.
const KEY: &str = "9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72";
const SECRET: &str = "mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n";
// Another valid key: the one of the specification.
const OTHER_KEY: &str = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";

const GROUP: u32 = 1;
const NTIME: u32 = 1_766_782_171;
const SECOND_JOB_AFTER: usize = 4;
const NEXT_TIP_AFTER: usize = 8;
const PREFIX: [u8; 42] = {
    let mut bytes = [0; 42];
    (bytes[0], bytes[4], bytes[41]) = (1, 1, 14); // version, one input, 2 + 12 bytes of script
    (bytes[37], bytes[38], bytes[39], bytes[40]) = (0xff, 0xff, 0xff, 0xff);
    bytes
};
const SUFFIX: [u8; 18] = [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

struct Pool {
    connection: Connection,
    channels: Vec<(u32, Kind, Vec<u8>)>,
    job: u32, // on the tip of the same number: 1 and 2 on the first, 3 on the second
    seen: HashSet<U256>,
    unconfirmed: Vec<(u32, u32)>, // channel, sequence number
    workers: Vec<String>,
    shares: usize,
}

fn key_bytes(text: &str) -> [u8; 32] {
    let bytes = bs58::decode(text).with_check(None).into_vec().unwrap();
    bytes[bytes.len() - 32..].try_into().unwrap()
}

fn target(job: u32) -> U256 {
    let mut target = [0xff; 32];
    target[31] = if job == 1 { 0x0f } else { 0x03 };
    target
}

fn prev_hash(job: u32) -> U256 {
    [if job < 3 { 0x11 } else { 0x22 }; 32]
}

fn root() -> Root {
    let prefix = [&PREFIX[..], &[1, 1]].concat();
    Root::Coinbase { prefix, suffix: SUFFIX.to_vec(), path: vec![[5; 32], [6; 32]] }
}

/// Serves one connection. Returns the workers that the shares named.
fn start() -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = listener.local_addr().unwrap().to_string();
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut act_1 = [0; 64];
        stream.read_exact(&mut act_1).unwrap();
        let validity = Duration::from_secs(3600);
        let responder = Responder::from_authority_kp(&key_bytes(KEY), &key_bytes(SECRET), validity).unwrap();
        let (act_2, transport) = Handshake::responder(responder).step_1(act_1).unwrap();
        stream.write_all(act_2.payload()).unwrap();
        serve(Connection::over(stream, transport).unwrap())
    };
    (place, std::thread::spawn(serve))
}

fn serve(connection: Connection) -> Vec<String> {
    let mut pool = Pool {
        connection,
        channels: Vec::new(),
        job: 1,
        seen: HashSet::new(),
        unconfirmed: Vec::new(),
        workers: Vec::new(),
        shares: 0,
    };
    while pool.step().is_ok() {}
    pool.workers
}

impl Pool {
    fn say(&mut self, message: Mining) {
        let _ = self.connection.send(AnyMessage::Mining(message));
    }

    fn step(&mut self) -> Result<(), Failure> {
        let mut frame = match self.connection.poll()? {
            Some(frame) => frame,
            None => {
                self.confirm();
                self.connection.receive(Instant::now() + Duration::from_secs(20), "anything")?
            }
        };
        for tlv in frame.tlvs() {
            self.workers.push(String::from_utf8(tlv.value).unwrap());
        }
        match frame.message()? {
            AnyMessage::Common(CommonMessages::SetupConnection(setup)) => {
                self.connection.send(if setup.min_version == 2 {
                    CommonMessages::SetupConnectionSuccess(SetupConnectionSuccess {
                        used_version: 2,
                        flags: 0,
                    })
                } else {
                    let error_code = Str0255::try_from("protocol-version-mismatch").unwrap();
                    CommonMessages::SetupConnectionError(SetupConnectionError { flags: 0, error_code })
                })?;
            }
            AnyMessage::Extensions(Extensions::ExtensionsNegotiation(
                ExtensionsNegotiation::RequestExtensions(request),
            )) => {
                let (request_id, supported_extensions) = (request.request_id, Seq064K::new(vec![2]).unwrap());
                let success = RequestExtensionsSuccess { request_id, supported_extensions };
                let success = ExtensionsNegotiation::RequestExtensionsSuccess(success);
                self.connection.send(AnyMessage::Extensions(Extensions::ExtensionsNegotiation(success)))?;
            }
            AnyMessage::Mining(Mining::OpenStandardMiningChannel(open)) => {
                self.open_standard(open.request_id)
            }
            AnyMessage::Mining(Mining::OpenExtendedMiningChannel(open)) => {
                self.open_extended(open.request_id)
            }
            AnyMessage::Mining(Mining::SubmitSharesStandard(share)) => {
                let SubmitSharesStandard { channel_id, sequence_number, job_id, nonce, ntime, version } =
                    share;
                self.judge(channel_id, sequence_number, job_id, [nonce, ntime, version], &[]);
            }
            AnyMessage::Mining(Mining::SubmitSharesExtended(share)) => {
                let header = [share.nonce, share.ntime, share.version];
                let extranonce = share.extranonce.as_bytes();
                self.judge(share.channel_id, share.sequence_number, share.job_id, header, extranonce);
            }
            other => panic!("the client says {other}"),
        }
        Ok(())
    }

    fn open_standard(&mut self, request_id: u32) {
        let channel_id = self.channels.len() as u32 + 2;
        let extranonce = vec![channel_id as u8; 12];
        let extranonce_prefix = B032::try_from(&extranonce[..]).unwrap();
        let (target, group_channel_id) = (target(self.job), GROUP);
        self.say(Mining::OpenStandardMiningChannelSuccess(OpenStandardMiningChannelSuccess {
            request_id,
            channel_id,
            target: WireU256::from(&target),
            extranonce_prefix,
            group_channel_id,
        }));
        let merkle_root = root().with(&extranonce);
        self.say(Mining::NewMiningJob(NewMiningJob {
            channel_id,
            job_id: self.job,
            min_ntime: Sv2Option::new(None),
            version: 0x2000_0000,
            merkle_root: WireU256::from(&merkle_root),
        }));
        self.send_tip(channel_id);
        self.channels.push((channel_id, Kind::Standard, extranonce));
    }

    fn open_extended(&mut self, request_id: u32) {
        let channel_id = self.channels.len() as u32 + 2;
        let prefix = vec![channel_id as u8; 4];
        let target = target(self.job);
        self.say(Mining::OpenExtendedMiningChannelSuccess(OpenExtendedMiningChannelSuccess {
            request_id,
            channel_id,
            target: WireU256::from(&target),
            extranonce_size: 8,
            extranonce_prefix: B032::try_from(&prefix[..]).unwrap(),
            group_channel_id: GROUP,
        }));
        self.send_job(channel_id, None);
        self.send_tip(channel_id);
        self.channels.push((channel_id, Kind::Extended, prefix));
    }

    fn send_job(&mut self, channel_id: u32, min_ntime: Option<u32>) {
        let Root::Coinbase { prefix, suffix, path } = root() else { unreachable!() };
        let path = path.iter().map(WireU256::from).collect();
        self.say(Mining::NewExtendedMiningJob(NewExtendedMiningJob {
            channel_id,
            job_id: self.job,
            min_ntime: Sv2Option::new(min_ntime),
            version: 0x2000_0000,
            version_rolling_allowed: true,
            merkle_path: Seq0255::new(path).unwrap(),
            coinbase_tx_prefix: B064K::try_from(&prefix[..]).unwrap(),
            coinbase_tx_suffix: B064K::try_from(&suffix[..]).unwrap(),
        }));
    }

    fn send_tip(&mut self, channel_id: u32) {
        let prev_hash = prev_hash(self.job);
        self.say(Mining::SetNewPrevHash(SetNewPrevHash {
            channel_id,
            job_id: self.job,
            prev_hash: WireU256::from(&prev_hash),
            min_ntime: NTIME,
            nbits: 0x1b04_864c,
        }));
    }

    fn judge(
        &mut self,
        channel: u32,
        sequence: u32,
        job: u32,
        [nonce, ntime, version]: [u32; 3],
        rest: &[u8],
    ) {
        let verdict = self.verdict(channel, job, [nonce, ntime, version], rest);
        if let Err(code) = verdict {
            let error_code = Str0255::try_from(code).unwrap();
            let error = SubmitSharesError { channel_id: channel, sequence_number: sequence, error_code };
            return self.say(Mining::SubmitSharesError(error));
        }
        self.unconfirmed.push((channel, sequence));
        self.shares += 1;
        if self.shares == SECOND_JOB_AFTER {
            self.job = 2;
            let target = target(2);
            let maximum_target = WireU256::from(&target);
            self.say(Mining::SetTarget(SetTarget { channel_id: GROUP, maximum_target }));
            self.send_job(GROUP, Some(NTIME + 1));
        } else if self.shares == NEXT_TIP_AFTER {
            self.job = 3;
            self.send_job(GROUP, None);
            self.send_tip(GROUP);
        }
    }

    fn verdict(&mut self, channel: u32, job: u32, header: [u32; 3], rest: &[u8]) -> Result<(), &'static str> {
        let [nonce, ntime, version] = header;
        let known = self.channels.iter().find(|(id, ..)| *id == channel);
        let (_, kind, prefix) = known.ok_or("invalid-channel-id")?;
        if job > 3 {
            return Err("invalid-job-id");
        }
        if self.job == 3 && job < 3 {
            return Err("stale-share");
        }
        if rest.len() != if *kind == Kind::Standard { 0 } else { 8 } {
            return Err("bad-extranonce-size");
        }
        if !(NTIME..=NTIME + 7200).contains(&ntime) {
            return Err("invalid-share");
        }
        if (version ^ 0x2000_0000) & !0x1fff_e000 != 0 {
            return Err("invalid-non-rollable-version-bit");
        }
        let root = root().with(&[prefix, rest].concat());
        let (prev_hash, nbits) = (prev_hash(job), 0x1b04_864c);
        let hash = Header { version, prev_hash, root, ntime, nbits, nonce }.hash();
        if !meets(&hash, &target(job)) {
            return Err("difficulty-too-low");
        }
        if !self.seen.insert(hash) {
            return Err("duplicate-share");
        }
        Ok(())
    }

    /// One Success for each channel with unanswered shares.
    fn confirm(&mut self) {
        let unconfirmed = std::mem::take(&mut self.unconfirmed);
        for channel_id in self.channels.iter().map(|(id, ..)| *id).collect::<Vec<_>>() {
            let mine =
                unconfirmed.iter().filter(|(channel, _)| *channel == channel_id).map(|(_, number)| *number);
            let Some(last_sequence_number) = mine.clone().max() else { continue };
            let new_submits_accepted_count = mine.count() as u32;
            let success = SubmitSharesSuccess {
                channel_id,
                last_sequence_number,
                new_submits_accepted_count,
                new_shares_sum: 0,
            };
            self.say(Mining::SubmitSharesSuccess(success));
        }
    }
}

/// What the client makes of this pool, and which workers the pool heard of.
fn try_client(key: &str, arguments: &str) -> (Outcome, Result<(), Failure>, Vec<String>) {
    let (place, pool) = start();
    let line = format!("stratum2+tcp://{place}/{key} --user alice --seconds 20 {arguments}");
    let options = Options::parse(line.split_whitespace().map(String::from)).unwrap();
    let mut outcome = Outcome::default();
    let result = Session::run(&options, &mut outcome);
    (outcome, result, pool.join().unwrap())
}

#[test]
fn a_standard_and_an_extended_channel_of_one_connection_mine_through_new_jobs_and_a_new_tip() {
    let (outcome, result, workers) =
        try_client(KEY, "--open standard --open extended --shares 9 --worker left --worker right");
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(vec![2], outcome.extensions);
    for channel in &outcome.channels {
        assert_eq!((9, 0, 3, 2), (channel.accepted, channel.rejected, channel.jobs, channel.tips));
        assert_eq!(9, channel.accepted_hashes.len());
    }
    let turns = ["left", "right"].into_iter().cycle();
    assert!(workers.len() >= 9 && workers.iter().map(String::as_str).eq(turns.take(workers.len())));
}

#[test]
fn a_message_to_a_group_is_an_error_where_standard_jobs_are_required() {
    let (outcome, result, _) = try_client(KEY, "--flags 1 --open standard");
    assert!(matches!(result, Err(Failure::Other(why)) if why.contains("for no open channel")));
    assert!(outcome.channels[0].submitted >= SECOND_JOB_AFTER as u32);
}

#[test]
fn a_pool_of_another_authority_is_refused_before_a_word_is_said() {
    let (_, result, _) = try_client(OTHER_KEY, "");
    assert!(matches!(result, Err(Failure::Certificate(_))), "{result:?}");
}

#[test]
fn a_refused_version_is_told_with_its_code() {
    let (_, result, _) = try_client(KEY, "--version 3");
    assert!(matches!(result, Err(Failure::Refused(code)) if code == "protocol-version-mismatch"));
}

#[test]
fn every_spoilt_share_has_its_answer() {
    let spoils = SPOILS.iter().filter(|(_, spoil)| *spoil != Spoil::Tag);
    let arguments: String = spoils.map(|(name, _)| format!(" --spoil {name}")).collect();
    let (outcome, result, _) = try_client(KEY, &format!("--shares 1 {arguments} --spoil tag"));
    assert!(result.is_ok(), "{result:?}");
    let expected = [
        ("channel", "invalid-channel-id"),
        ("job", "invalid-job-id"),
        ("extranonce", "bad-extranonce-size"),
        ("ntime", "invalid-share"),
        ("version", "invalid-non-rollable-version-bit"),
        ("target", "difficulty-too-low"),
        ("duplicate", "duplicate-share"),
        ("tag", "closed"),
    ];
    let told: Vec<_> = outcome.refusals.iter().map(|(name, code)| (*name, code.as_str())).collect();
    assert_eq!(expected.to_vec(), told);
}

#[test]
fn a_pool_that_closes_in_the_handshake_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("stratum2+tcp://{}/{KEY}", listener.local_addr().unwrap());
    let closed = std::thread::spawn(move || drop(listener.accept().unwrap() as (TcpStream, _)));
    assert!(Connection::open(&parse_url(&url).unwrap()).is_err());
    closed.join().unwrap();
}
