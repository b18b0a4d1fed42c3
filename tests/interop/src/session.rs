//! The conversation: set up, ask for extensions, open channels, mine, submit, then send what must be refused.

use std::time::{Duration, Instant};

use binary_sv2::{Seq064K, Str0255, B032, U256 as WireU256};
use common_messages_sv2::{Protocol, SetupConnection};
use extensions_sv2::{
    RequestExtensions, UserIdentity, EXTENSION_TYPE_WORKER_HASHRATE_TRACKING, TLV_FIELD_TYPE_USER_IDENTITY,
};
use mining_sv2::{
    OpenExtendedMiningChannel, OpenStandardMiningChannel, SubmitSharesExtended, SubmitSharesStandard,
};
use parsers_sv2::{AnyMessage, CommonMessages, Extensions, ExtensionsNegotiation, Mining, Tlv, TlvList};

use crate::channel::{Channel, Kind, Share};
use crate::connection::Connection;
use crate::options::{Options, Spoil, SPOILS};
use crate::Failure;

const TRIES_AT_ONCE: u32 = 20_000; // some 20 ms between looks at what the pool has said
const REQUEST_ID: u32 = 7;

/// What is known of the conversation so far; it stays when the conversation fails.
#[derive(Default)]
pub struct Outcome {
    pub setup_flags: u32,
    pub extensions: Vec<u16>,
    pub channels: Vec<Channel>,
    pub refusals: Vec<(&'static str, String)>, // the spoilt share, the pool's error code
}

pub struct Session<'a> {
    options: &'a Options,
    outcome: &'a mut Outcome,
    connection: Connection,
    until: Instant,
}

impl<'a> Session<'a> {
    pub fn run(options: &'a Options, outcome: &'a mut Outcome) -> Result<(), Failure> {
        let until = Instant::now() + Duration::from_secs(options.seconds);
        let connection = Connection::open(&options.url)?;
        let mut session = Self { options, outcome, connection, until };
        session.set_up()?;
        if !options.workers.is_empty() {
            session.request_extensions()?;
        }
        for kind in &options.open {
            session.open_channel(*kind)?;
        }
        let mut last_share = None;
        while session.submit_next(&mut last_share)? {
            session.take_waiting()?;
        }
        for spoil in &options.spoils {
            session.send_spoilt(*spoil, last_share.as_ref())?;
        }
        Ok(())
    }

    fn set_up(&mut self) -> Result<(), Failure> {
        let options = self.options;
        self.connection.send(CommonMessages::SetupConnection(SetupConnection {
            protocol: Protocol::try_from(options.protocol)
                .map_err(|_| "--protocol: not known".to_string())?,
            min_version: options.version,
            max_version: options.version,
            flags: options.flags,
            endpoint_host: string(&options.url.host)?,
            endpoint_port: options.url.port,
            vendor: string("hashyard-tests")?,
            hardware_version: string("cpu")?,
            firmware: string("v2-client")?,
            device_id: string("1")?,
        }))?;
        let mut frame = self.connection.receive(self.until, "the answer to SetupConnection")?;
        match frame.message()? {
            AnyMessage::Common(CommonMessages::SetupConnectionSuccess(success))
                if success.used_version == 2 =>
            {
                self.outcome.setup_flags = success.flags;
                Ok(())
            }
            AnyMessage::Common(CommonMessages::SetupConnectionError(error)) => {
                Err(Failure::Refused(error.error_code.as_utf8_or_hex()))
            }
            other => Err(format!("not an answer to SetupConnection: {other}").into()),
        }
    }

    fn request_extensions(&mut self) -> Result<(), Failure> {
        let wanted = Seq064K::new(vec![EXTENSION_TYPE_WORKER_HASHRATE_TRACKING]).map_err(text)?;
        let request = RequestExtensions { request_id: REQUEST_ID as u16, requested_extensions: wanted };
        let request = ExtensionsNegotiation::RequestExtensions(request);
        self.connection.send(AnyMessage::Extensions(Extensions::ExtensionsNegotiation(request)))?;
        let mut frame = self.connection.receive(self.until, "the answer to RequestExtensions")?;
        match frame.message()? {
            AnyMessage::Extensions(Extensions::ExtensionsNegotiation(
                ExtensionsNegotiation::RequestExtensionsSuccess(success),
            )) if success.request_id == REQUEST_ID as u16 => {
                self.outcome.extensions = success.supported_extensions.into_inner();
            }
            other => return Err(format!("not a success of RequestExtensions: {other}").into()),
        }
        match self.outcome.extensions[..] {
            [EXTENSION_TYPE_WORKER_HASHRATE_TRACKING] => Ok(()),
            _ => Err(format!("asked for extension 2, got {:?}", self.outcome.extensions).into()),
        }
    }

    /// Opens it and waits for its first work.
    fn open_channel(&mut self, kind: Kind) -> Result<(), Failure> {
        let options = self.options;
        let request_id = REQUEST_ID + self.outcome.channels.len() as u32;
        let max_target = [0xff; 32];
        let max_target = WireU256::from(&max_target);
        let (user_identity, nominal_hash_rate) = (string(&options.user)?, options.hash_rate);
        self.connection.send(AnyMessage::Mining(match kind {
            Kind::Standard => Mining::OpenStandardMiningChannel(OpenStandardMiningChannel {
                request_id,
                user_identity,
                nominal_hash_rate,
                max_target,
            }),
            Kind::Extended => Mining::OpenExtendedMiningChannel(OpenExtendedMiningChannel {
                request_id,
                user_identity,
                nominal_hash_rate,
                max_target,
                min_extranonce_size: options.min_extranonce,
            }),
        }))?;
        let before = self.outcome.channels.len();
        while self.outcome.channels.len() == before {
            let mut frame = self.connection.receive(self.until, "the answer to the opening of a channel")?;
            match frame.message()? {
                AnyMessage::Mining(Mining::OpenMiningChannelError(error))
                    if error.request_id == request_id =>
                {
                    return Err(Failure::Refused(error.error_code.as_utf8_or_hex()));
                }
                AnyMessage::Mining(
                    Mining::OpenStandardMiningChannelSuccess(_) | Mining::OpenExtendedMiningChannelSuccess(_),
                ) => {
                    let message = frame.message()?;
                    let channel = opened(kind, request_id, message, options.min_extranonce)?;
                    self.add(channel)?;
                }
                other => dispatch(&mut self.outcome.channels, other)?,
            }
        }
        while !self.outcome.channels[before].has_work() {
            let mut frame = self.connection.receive(self.until, "a job and its SetNewPrevHash")?;
            dispatch(&mut self.outcome.channels, frame.message()?)?;
        }
        Ok(())
    }

    fn add(&mut self, mut channel: Channel) -> Result<(), Failure> {
        let taken =
            |one: &Channel| one.id == channel.id || one.group == channel.id || one.id == channel.group;
        if channel.id == channel.group || self.outcome.channels.iter().any(taken) {
            return Err(
                format!("channel id {} or group id {} is used twice", channel.id, channel.group).into()
            );
        }
        channel.hears_group = self.options.flags & 1 == 0;
        channel.fixed_version = self.outcome.setup_flags & 1 != 0;
        self.outcome.channels.push(channel);
        Ok(())
    }

    /// One step towards the shares that are still missing. False: all are there.
    fn submit_next(&mut self, last_share: &mut Option<(usize, Share)>) -> Result<bool, Failure> {
        if Instant::now() > self.until {
            return Err("the time is over".to_string().into());
        }
        let wanted = self.options.shares;
        let mut is_busy = false;
        for at in 0..self.outcome.channels.len() {
            let channel = &mut self.outcome.channels[at];
            if channel.rejected > 0 {
                return Err(format!("channel {}: refused: {:?}", channel.id, channel.codes).into());
            }
            if channel.submitted - channel.stale >= wanted {
                is_busy |= channel.is_waiting();
                continue;
            }
            is_busy = true;
            if let Some(share) = channel.mine(TRIES_AT_ONCE) {
                let sequence = channel.next_sequence();
                channel.on_submitted(sequence, &share);
                let id = channel.id;
                self.submit(at, id, sequence, &share)?;
                *last_share = Some((at, share));
            }
        }
        Ok(is_busy)
    }

    /// Deals with what is here; waits for more when there is nothing to mine.
    fn take_waiting(&mut self) -> Result<(), Failure> {
        let wanted = self.options.shares;
        if self.outcome.channels.iter().all(|one| one.submitted - one.stale >= wanted && one.is_waiting()) {
            let mut frame = self.connection.receive(self.until, "answers to shares")?;
            dispatch(&mut self.outcome.channels, frame.message()?)?;
        }
        while let Some(mut frame) = self.connection.poll()? {
            dispatch(&mut self.outcome.channels, frame.message()?)?;
        }
        Ok(())
    }

    fn submit(
        &mut self,
        at: usize,
        channel_id: u32,
        sequence_number: u32,
        share: &Share,
    ) -> Result<(), Failure> {
        let Share { job_id, nonce, ntime, version, .. } = *share;
        if self.outcome.channels[at].kind == Kind::Standard {
            let share = SubmitSharesStandard { channel_id, sequence_number, job_id, nonce, ntime, version };
            return self.connection.send(AnyMessage::Mining(Mining::SubmitSharesStandard(share)));
        }
        let extranonce = B032::try_from(&share.extranonce[..]).map_err(text)?;
        let share =
            SubmitSharesExtended { channel_id, sequence_number, job_id, nonce, ntime, version, extranonce };
        let mut tlvs = Vec::new();
        if !self.options.workers.is_empty() {
            let turn = (sequence_number as usize - 1) % self.options.workers.len();
            let worker = UserIdentity::new(&self.options.workers[turn]).map_err(text)?;
            let extension = EXTENSION_TYPE_WORKER_HASHRATE_TRACKING;
            tlvs.push(Tlv::new(extension, TLV_FIELD_TYPE_USER_IDENTITY, worker.as_bytes().to_vec()));
        }
        let tlvs = TlvList::from_slice(&tlvs).map_err(text)?;
        self.connection.send_with_tlvs(Mining::SubmitSharesExtended(share), &tlvs)
    }

    fn send_spoilt(&mut self, spoil: Spoil, last: Option<&(usize, Share)>) -> Result<(), Failure> {
        let (at, share) = last.ok_or("--spoil needs a share before it".to_string())?;
        let channel = &mut self.outcome.channels[*at];
        let (mut id, mut share) = (channel.id, share.clone());
        let sequence = channel.next_sequence();
        match spoil {
            Spoil::Channel => id += 1_000_000,
            Spoil::Job => share.job_id = share.job_id.wrapping_add(1_000_000),
            Spoil::Extranonce => share.extranonce.push(0),
            Spoil::Ntime => share.ntime = share.ntime.wrapping_add(86_400),
            Spoil::Version => share.version ^= 1,
            Spoil::Target => {
                let tries = 100 * TRIES_AT_ONCE;
                share = channel.mine_too_easy(tries).ok_or("every hash met the target".to_string())?;
            }
            Spoil::Duplicate => {}
            Spoil::Tag => return self.send_broken(),
        }
        self.submit(*at, id, sequence, &share)?;
        loop {
            let mut frame = self.connection.receive(self.until, "the refusal of a spoilt share")?;
            match frame.message()? {
                AnyMessage::Mining(Mining::SubmitSharesError(error))
                    if error.channel_id == id && error.sequence_number == sequence =>
                {
                    let name = SPOILS.iter().find(|(_, one)| *one == spoil).unwrap().0;
                    self.outcome.refusals.push((name, error.error_code.as_utf8_or_hex()));
                    return Ok(());
                }
                other => dispatch(&mut self.outcome.channels, other)?,
            }
        }
    }

    fn send_broken(&mut self) -> Result<(), Failure> {
        let wanted = Seq064K::new(Vec::new()).map_err(text)?;
        let request = RequestExtensions { request_id: 0, requested_extensions: wanted };
        let request = ExtensionsNegotiation::RequestExtensions(request);
        self.connection.send_broken(AnyMessage::Extensions(Extensions::ExtensionsNegotiation(request)))?;
        if !self.connection.is_closed(self.until) {
            return Err("the pool kept a connection whose encryption is broken".to_string().into());
        }
        self.outcome.refusals.push(("tag", "closed".into()));
        Ok(())
    }
}

fn opened(kind: Kind, asked: u32, message: AnyMessage, min_extranonce: u16) -> Result<Channel, String> {
    let (channel, request_id) = match (kind, message) {
        (Kind::Standard, AnyMessage::Mining(Mining::OpenStandardMiningChannelSuccess(one))) => {
            let prefix = one.extranonce_prefix.as_bytes();
            let target = *one.target.as_array();
            (Channel::new(kind, one.channel_id, one.group_channel_id, target, prefix, 0), one.request_id)
        }
        (Kind::Extended, AnyMessage::Mining(Mining::OpenExtendedMiningChannelSuccess(one))) => {
            if one.extranonce_size < min_extranonce {
                return Err(format!("asked for {min_extranonce} bytes of extranonce: {one}"));
            }
            let (prefix, size) = (one.extranonce_prefix.as_bytes(), one.extranonce_size as usize);
            let target = *one.target.as_array();
            (Channel::new(kind, one.channel_id, one.group_channel_id, target, prefix, size), one.request_id)
        }
        (_, other) => return Err(format!("another kind of channel was opened: {other}")),
    };
    if request_id != asked || channel.target == [0; 32] {
        return Err(format!("channel {}: wrong request id or a target of zero", channel.id));
    }
    if channel.extranonce_prefix.len() + channel.extranonce_size > 32 {
        return Err(format!("channel {}: more than 32 bytes of extranonce", channel.id));
    }
    Ok(channel)
}

/// Gives a message to the channels it is for: one of that id, or all of that group.
fn dispatch(channels: &mut [Channel], message: AnyMessage) -> Result<(), String> {
    let AnyMessage::Mining(message) = message else {
        return Err(format!("not expected: {message}"));
    };
    match &message {
        Mining::NewMiningJob(job) => match channels.iter_mut().find(|one| one.id == job.channel_id) {
            Some(channel) if channel.kind == Kind::Standard => channel.on_standard_job(job),
            _ => Err(format!("not for a standard channel: {job}")),
        },
        Mining::NewExtendedMiningJob(job) => each(channels, job.channel_id, &message, |channel| {
            if channel.kind == Kind::Standard && channel.id == job.channel_id {
                return Err(format!("an extended job for a standard channel: {job}"));
            }
            channel.on_extended_job(job)
        }),
        Mining::SetNewPrevHash(tip) => {
            each(channels, tip.channel_id, &message, |channel| channel.on_tip(tip))
        }
        Mining::SetTarget(new) => each(channels, new.channel_id, &message, |channel| {
            channel.target = *new.maximum_target.as_array();
            Ok(())
        }),
        Mining::SubmitSharesSuccess(success) => {
            one(channels, success.channel_id, &message)?.on_success(success)
        }
        Mining::SubmitSharesError(error) => {
            let code = error.error_code.as_utf8_or_hex();
            one(channels, error.channel_id, &message)?.on_reject(error.sequence_number, &code)
        }
        other => Err(format!("not expected: {other}")),
    }
}

fn one<'c>(channels: &'c mut [Channel], id: u32, message: &Mining) -> Result<&'c mut Channel, String> {
    channels.iter_mut().find(|one| one.id == id).ok_or(format!("for no open channel: {message}"))
}

fn each(
    channels: &mut [Channel],
    id: u32,
    message: &Mining,
    mut act: impl FnMut(&mut Channel) -> Result<(), String>,
) -> Result<(), String> {
    let mut chosen = channels.iter_mut().filter(|one| one.is_meant(id)).peekable();
    if chosen.peek().is_none() {
        return Err(format!("for no open channel: {message}"));
    }
    chosen.try_for_each(&mut act)
}

fn string(text: &str) -> Result<Str0255<'_>, String> {
    Str0255::try_from(text).map_err(|_| format!("longer than 255 bytes: {text}"))
}

fn text(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}
