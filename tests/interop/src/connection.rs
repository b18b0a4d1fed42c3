//! One encrypted connection: TCP, the Noise handshake with the certificate check, frames out and in.
//! A thread of its own reads, so that mining never waits for the network.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use codec_sv2::{
    Decrypted, EncodableFrame, Handshake, MessageFrame, NoiseDecoder, NoiseEncoder, SerializedFrame,
    Transport, TransportDecryptState, TransportEncryptState,
};
use noise_sv2::{Initiator, INITIATOR_EXPECTED_HANDSHAKE_MESSAGE_SIZE};
use parsers_sv2::{AnyMessage, IsSv2Message, Mining, TlvList};

use crate::Failure;

const HANDSHAKE_SECONDS: u64 = 10;

/// stratum2+tcp://HOST:PORT/KEY, the key in base58check behind its two version bytes.
#[derive(Debug, PartialEq)]
pub struct PoolUrl {
    pub host: String,
    pub port: u16,
    pub authority: [u8; 32],
}

pub fn parse_url(text: &str) -> Result<PoolUrl, String> {
    let rest = text.strip_prefix("stratum2+tcp://").ok_or("the URL must begin with stratum2+tcp://")?;
    let (place, key) = rest.split_once('/').ok_or("the URL must end in /AUTHORITY-KEY")?;
    let (host, port) = place.rsplit_once(':').ok_or("the URL has no port")?;
    let bytes =
        bs58::decode(key).with_check(None).into_vec().map_err(|error| format!("authority key: {error}"))?;
    if bytes.len() != 34 || bytes[..2] != [1, 0] {
        return Err("authority key: not version 1 with 32 bytes".into());
    }
    Ok(PoolUrl {
        host: host.trim_matches(['[', ']']).into(),
        port: port.parse().map_err(|_| "the port is not a number")?,
        authority: bytes[2..].try_into().unwrap(),
    })
}

/// What came in, still as bytes. `message()` is the reference parser's view of it.
pub struct Frame {
    inner: SerializedFrame,
}

impl Frame {
    pub fn message(&mut self) -> Result<AnyMessage<'_>, Failure> {
        let header = self.inner.header();
        let message = AnyMessage::try_from((header, self.inner.payload())).map_err(|error| {
            format!(
                "frame with extension {:#06x}, type {:#04x}: {error}",
                header.ext_type_without_channel_msg(),
                header.msg_type()
            )
        })?;
        if message.channel_bit() != header.channel_msg() {
            return Err(format!("wrong channel bit: {message}").into());
        }
        Ok(message)
    }

    /// The TLV area behind the message.
    #[cfg(test)]
    pub fn tlvs(&mut self) -> Vec<parsers_sv2::Tlv> {
        let header = self.inner.header();
        let parsed = parsers_sv2::parse_message_frame_with_tlvs(header, self.inner.payload(), &[2]);
        parsed.unwrap().1.unwrap_or_default()
    }
}

pub struct Connection {
    stream: TcpStream,
    encoder: NoiseEncoder,
    encrypt: TransportEncryptState,
    frames: Receiver<Result<Frame, String>>,
}

impl Connection {
    pub fn open(url: &PoolUrl) -> Result<Self, Failure> {
        let mut stream = TcpStream::connect((url.host.as_str(), url.port)).map_err(text)?;
        stream.set_nodelay(true).map_err(text)?;
        stream.set_read_timeout(Some(Duration::from_secs(HANDSHAKE_SECONDS))).map_err(text)?;
        let initiator = Initiator::from_raw_k(url.authority)
            .map_err(|_| "authority key: not a point on the curve".to_string())?;
        let (act_1, handshake) = Handshake::initiator(initiator).step_0().map_err(text)?;
        stream.write_all(act_1.payload()).map_err(text)?;
        let mut act_2 = [0; INITIATOR_EXPECTED_HANDSHAKE_MESSAGE_SIZE];
        stream.read_exact(&mut act_2).map_err(|error| format!("handshake: {error}"))?;
        let transport = handshake.step_2(act_2).map_err(|error| match error {
            codec_sv2::Error::NoiseSv2Error(noise_sv2::Error::InvalidCertificate(_)) => {
                Failure::Certificate("the certificate is not from this authority or not valid now".into())
            }
            other => Failure::Other(format!("handshake: {other}")),
        })?;
        Self::over(stream, transport)
    }

    /// Either side's connection, once the handshake is done.
    pub fn over(stream: TcpStream, transport: Transport) -> Result<Self, Failure> {
        stream.set_read_timeout(None).map_err(text)?;
        let (encrypt, decrypt) = transport.split();
        let reading = stream.try_clone().map_err(text)?;
        let (sender, frames) = channel();
        std::thread::spawn(move || {
            let error = read_frames(reading, decrypt, |frame| sender.send(Ok(frame)).is_ok());
            let _ = sender.send(Err(error));
        });
        Ok(Self { stream, encoder: NoiseEncoder::new(), encrypt, frames })
    }

    pub fn send<'a>(&mut self, message: impl Into<AnyMessage<'a>>) -> Result<(), Failure> {
        let frame = MessageFrame::try_from(message.into()).map_err(text)?;
        self.send_frame(frame, false)
    }

    /// The same with a TLV area behind the message.
    pub fn send_with_tlvs(&mut self, message: Mining<'_>, tlvs: &TlvList<'_>) -> Result<(), Failure> {
        let bytes = tlvs.build_frame_bytes_with_tlvs(message).map_err(text)?;
        let frame = SerializedFrame::from_bytes(bytes).map_err(text)?;
        self.send_frame(frame, false)
    }

    /// The same with its last byte, a part of the authentication tag, changed on the way.
    pub fn send_broken<'a>(&mut self, message: impl Into<AnyMessage<'a>>) -> Result<(), Failure> {
        let frame = MessageFrame::try_from(message.into()).map_err(text)?;
        self.send_frame(frame, true)
    }

    fn send_frame(&mut self, frame: impl EncodableFrame, spoil: bool) -> Result<(), Failure> {
        let mut bytes = self.encoder.encode_transport(frame, &mut self.encrypt).map_err(text)?;
        let bytes: &mut [u8] = bytes.as_mut();
        if spoil {
            *bytes.last_mut().unwrap() ^= 1;
        }
        self.stream.write_all(bytes).map_err(|error| Failure::Other(format!("sending: {error}")))
    }

    /// The next frame; fails at `until` and when the peer has closed.
    pub fn receive(&mut self, until: Instant, waiting_for: &str) -> Result<Frame, Failure> {
        match self.frames.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(frame) => frame.map_err(|error| format!("waiting for {waiting_for}: {error}").into()),
            Err(RecvTimeoutError::Timeout) => Err(format!("never came: {waiting_for}").into()),
            Err(RecvTimeoutError::Disconnected) => Err("the reader has ended".to_string().into()),
        }
    }

    /// A frame that is here already.
    pub fn poll(&mut self) -> Result<Option<Frame>, Failure> {
        match self.frames.try_recv() {
            Ok(frame) => frame.map(Some).map_err(Failure::Other),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err("the reader has ended".to_string().into()),
        }
    }

    /// True when the peer closes before `until`. What it sends meanwhile is passed over.
    pub fn is_closed(&mut self, until: Instant) -> bool {
        loop {
            match self.frames.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Ok(_)) => continue,
                Err(RecvTimeoutError::Timeout) => return false,
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both); // wakes the reader
    }
}

/// Hands frames on until reading or decrypting fails or `deliver` says no more; returns why.
fn read_frames(
    mut stream: TcpStream,
    mut decrypt: TransportDecryptState,
    deliver: impl Fn(Frame) -> bool,
) -> String {
    let mut decoder = NoiseDecoder::new();
    loop {
        let space = decoder.writable();
        if let Err(error) = stream.read_exact(space) {
            return format!("connection: {error}");
        }
        decrypt = match decoder.next_transport_frame(decrypt) {
            Ok(Decrypted::Incomplete(_, state)) => state,
            Ok(Decrypted::Frame(inner, state)) => {
                if !deliver(Frame { inner }) {
                    return "nobody listens".into();
                }
                state
            }
            Err(error) => return format!("decrypting: {error}"),
        };
    }
}

fn text(error: impl std::fmt::Display) -> Failure {
    Failure::Other(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_gives_host_port_and_the_key_of_the_specification() {
        let url = "stratum2+tcp://127.0.0.1:3336/9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";
        let parsed = parse_url(url).unwrap();
        assert_eq!(("127.0.0.1", 3336), (parsed.host.as_str(), parsed.port));
        let hex: String = parsed.authority.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!("76637000979c1c11af0c300bcd8c7fe48610fce9b9c11e3daee35ae0b08a7455", hex);
    }

    #[test]
    fn a_url_with_a_key_of_one_wrong_letter_is_refused() {
        for bad in [
            "stratum2+tcp://127.0.0.1:3336/9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXi",
            "stratum2+tcp://127.0.0.1:3336/",
            "stratum2+tcp://127.0.0.1:3336",
            "stratum2+tcp://127.0.0.1/9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh",
            "stratum+tcp://127.0.0.1:3336/9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh",
        ] {
            assert!(parse_url(bad).is_err(), "{bad}");
        }
    }
}
