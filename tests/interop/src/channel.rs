//! One mining channel as a miner keeps it: its jobs, which of them is active, and what became of its shares.
//! It takes the pool at its word as the specification has it: a message out of order is an error, not a guess.

use std::collections::{BTreeMap, BTreeSet};

use mining_sv2::{NewExtendedMiningJob, NewMiningJob, SetNewPrevHash, SubmitSharesSuccess};

use crate::work::{is_coinbase, meets, network_target, Header, Root, U256};

/// Bits that overt version rolling (BIP320) may change; three of them are enough here.
const ROLLED_BITS: u32 = 0x0000e000;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Standard,
    Extended,
}

#[derive(Clone, Debug)]
struct Job {
    id: u32,
    version: u32,
    may_roll_version: bool,
    root: Root,
    min_ntime: Option<u32>, // none: a future job
    target: U256,
}

#[derive(Clone, Debug)]
struct Tip {
    prev_hash: U256,
    min_ntime: u32,
    nbits: u32,
}

/// A solved header, ready to be submitted.
#[derive(Clone, Debug)]
pub struct Share {
    pub job_id: u32,
    pub nonce: u32,
    pub ntime: u32,
    pub version: u32,
    pub extranonce: Vec<u8>, // the miner's part; empty on a standard channel
    pub hash: U256,
}

pub struct Channel {
    pub kind: Kind,
    pub id: u32,
    pub group: u32,
    pub hears_group: bool, // not on a connection that requires standard jobs
    pub extranonce_prefix: Vec<u8>,
    pub extranonce_size: usize,
    pub target: U256,
    pub fixed_version: bool,
    pub jobs: u32,
    pub tips: u32,
    pub accepted: u32,
    pub rejected: u32,
    pub stale: u32,
    pub shares_sum: u64,
    pub submitted: u32,
    pub codes: Vec<(u32, String)>,
    pub accepted_hashes: Vec<U256>,
    future: BTreeMap<u32, Job>,
    active: Option<Job>,
    tip: Option<Tip>,
    unanswered: BTreeMap<u32, U256>, // sequence number -> hash
    known_ids: BTreeSet<u32>,        // since the tip; a pool may use an id again after that
    extranonce: u64,
    nonce: u32,
}

impl Channel {
    pub fn new(kind: Kind, id: u32, group: u32, target: U256, prefix: &[u8], size: usize) -> Self {
        Self {
            kind,
            id,
            group,
            hears_group: true,
            extranonce_prefix: prefix.to_vec(),
            extranonce_size: size,
            target,
            fixed_version: false,
            jobs: 0,
            tips: 0,
            accepted: 0,
            rejected: 0,
            stale: 0,
            shares_sum: 0,
            submitted: 0,
            codes: Vec::new(),
            accepted_hashes: Vec::new(),
            future: BTreeMap::new(),
            active: None,
            tip: None,
            unanswered: BTreeMap::new(),
            known_ids: BTreeSet::new(),
            extranonce: 0,
            nonce: 0,
        }
    }

    /// Whether a message to this channel or group id is for this channel.
    pub fn is_meant(&self, id: u32) -> bool {
        self.id == id || self.hears_group && self.group == id
    }

    pub fn has_work(&self) -> bool {
        self.active.is_some()
    }

    pub fn is_waiting(&self) -> bool {
        !self.unanswered.is_empty()
    }

    pub fn on_standard_job(&mut self, job: &NewMiningJob) -> Result<(), String> {
        let root = Root::Given(*job.merkle_root.as_array());
        let min_ntime = job.min_ntime.clone().into_inner();
        self.take(job.job_id, job.version, !self.fixed_version, root, min_ntime)
    }

    pub fn on_extended_job(&mut self, job: &NewExtendedMiningJob) -> Result<(), String> {
        let spare = vec![0; self.extranonce_prefix.len() + self.extranonce_size];
        let root = Root::Coinbase {
            prefix: job.coinbase_tx_prefix.as_bytes().to_vec(),
            suffix: job.coinbase_tx_suffix.as_bytes().to_vec(),
            path: job.merkle_path.iter().map(|hash| *hash.as_array()).collect(),
        };
        let coinbase =
            [job.coinbase_tx_prefix.as_bytes(), &spare, job.coinbase_tx_suffix.as_bytes()].concat();
        if !is_coinbase(&coinbase) {
            return Err(format!("channel {}: job {} has no whole coinbase transaction", self.id, job.job_id));
        }
        let min_ntime = job.min_ntime.clone().into_inner();
        self.take(job.job_id, job.version, job.version_rolling_allowed, root, min_ntime)
    }

    fn take(
        &mut self,
        id: u32,
        version: u32,
        may_roll_version: bool,
        root: Root,
        min_ntime: Option<u32>,
    ) -> Result<(), String> {
        if !self.known_ids.insert(id) {
            return Err(format!("channel {}: job id {id} stands for two jobs", self.id));
        }
        self.jobs += 1;
        let job = Job { id, version, may_roll_version, root, min_ntime, target: self.target };
        if min_ntime.is_none() {
            self.future.insert(id, job);
        } else if self.tip.is_none() {
            return Err(format!("channel {}: job {id} is active, but no SetNewPrevHash came yet", self.id));
        } else {
            self.active = Some(job);
        }
        Ok(())
    }

    /// The named future job becomes the only one.
    pub fn on_tip(&mut self, tip: &SetNewPrevHash) -> Result<(), String> {
        let Some(mut job) = self.future.remove(&tip.job_id) else {
            return Err(format!("channel {}: SetNewPrevHash names no future job: {}", self.id, tip.job_id));
        };
        self.future.clear();
        self.known_ids = BTreeSet::from([job.id]);
        self.tips += 1;
        job.target = self.target; // a target reaches jobs that wait
        self.active = Some(job);
        self.tip =
            Some(Tip { prev_hash: *tip.prev_hash.as_array(), min_ntime: tip.min_ntime, nbits: tip.nbits });
        Ok(())
    }

    /// Tries up to `tries` headers, each of them for the first time.
    pub fn mine(&mut self, tries: u32) -> Option<Share> {
        self.search(tries, meets)
    }

    /// A header that does not meet the target, and is no block either: a pool takes that at any target.
    pub fn mine_too_easy(&mut self, tries: u32) -> Option<Share> {
        let block = network_target(self.tip.as_ref()?.nbits);
        self.search(tries, |hash, target| !meets(hash, target) && !meets(hash, &block))
    }

    fn search(&mut self, tries: u32, wanted: impl Fn(&U256, &U256) -> bool) -> Option<Share> {
        let (job, tip) = (self.active.as_ref()?, self.tip.as_ref()?);
        let mut extranonce = Vec::new();
        if self.kind == Kind::Extended {
            extranonce = self.extranonce.to_le_bytes().to_vec();
            extranonce.resize(self.extranonce_size, 0);
            self.extranonce += 1;
        }
        let whole = [self.extranonce_prefix.as_slice(), &extranonce].concat();
        let rolled = if job.may_roll_version { self.submitted << 13 & ROLLED_BITS } else { 0 };
        let mut header = Header {
            version: job.version ^ rolled,
            prev_hash: tip.prev_hash,
            root: job.root.with(&whole),
            ntime: job.min_ntime.unwrap_or(tip.min_ntime),
            nbits: tip.nbits,
            nonce: self.nonce,
        };
        for _ in 0..tries {
            header.nonce = self.nonce;
            self.nonce = self.nonce.wrapping_add(1);
            let hash = header.hash();
            if wanted(&hash, &job.target) {
                let (nonce, ntime, version) = (header.nonce, header.ntime, header.version);
                return Some(Share { job_id: job.id, nonce, ntime, version, extranonce, hash });
            }
        }
        None
    }

    /// Sequence numbers begin at 1.
    pub fn next_sequence(&mut self) -> u32 {
        self.submitted += 1;
        self.submitted
    }

    pub fn on_submitted(&mut self, sequence: u32, share: &Share) {
        self.unanswered.insert(sequence, share.hash);
    }

    /// One Success stands for every share up to its sequence number that was not answered before.
    pub fn on_success(&mut self, success: &SubmitSharesSuccess) -> Result<(), String> {
        let later = self.unanswered.split_off(&success.last_sequence_number.saturating_add(1));
        let covered = std::mem::replace(&mut self.unanswered, later);
        if covered.len() != success.new_submits_accepted_count as usize {
            return Err(format!(
                "channel {}: {} were open up to number {}, yet {success}",
                self.id,
                covered.len(),
                success.last_sequence_number
            ));
        }
        self.accepted += success.new_submits_accepted_count;
        self.shares_sum += success.new_shares_sum;
        self.accepted_hashes.extend(covered.into_values());
        Ok(())
    }

    pub fn on_reject(&mut self, sequence: u32, code: &str) -> Result<(), String> {
        if self.unanswered.remove(&sequence).is_none() {
            return Err(format!(
                "channel {}: error {code} for number {sequence}, which is not open",
                self.id
            ));
        }
        match code {
            "stale-share" => self.stale += 1,
            _ => self.rejected += 1,
        }
        self.codes.push((sequence, code.into()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use binary_sv2::{Sv2Option, U256 as WireU256};

    fn channel() -> Channel {
        Channel::new(Kind::Standard, 2, 1, [0xff; 32], &[0; 12], 0)
    }

    fn job(job_id: u32, min_ntime: Option<u32>) -> NewMiningJob<'static> {
        let (min_ntime, merkle_root) = (Sv2Option::new(min_ntime), WireU256::from(&[7; 32]));
        NewMiningJob { channel_id: 2, job_id, min_ntime, version: 0x2000_0000, merkle_root }
    }

    fn tip(job_id: u32) -> SetNewPrevHash<'static> {
        let prev_hash = WireU256::from(&[9; 32]);
        SetNewPrevHash { channel_id: 2, job_id, prev_hash, min_ntime: 1000, nbits: 0x1b04_864c }
    }

    fn submit(channel: &mut Channel) -> u32 {
        let share = channel.mine(1).unwrap();
        let sequence = channel.next_sequence();
        channel.on_submitted(sequence, &share);
        sequence
    }

    fn success(last_sequence_number: u32, new_submits_accepted_count: u32) -> SubmitSharesSuccess {
        SubmitSharesSuccess {
            channel_id: 2,
            last_sequence_number,
            new_submits_accepted_count,
            new_shares_sum: 0,
        }
    }

    #[test]
    fn the_first_job_must_be_a_future_one() {
        assert!(channel().on_standard_job(&job(1, Some(1000))).is_err());
        let mut channel = channel();
        channel.on_standard_job(&job(1, None)).unwrap();
        assert!(channel.mine(1).is_none());
        channel.on_tip(&tip(1)).unwrap();
        assert!(channel.mine(1).is_some());
    }

    #[test]
    fn a_tip_must_name_a_future_job_and_drops_the_others() {
        let mut channel = channel();
        assert!(channel.on_tip(&tip(1)).is_err());
        for id in [1, 2] {
            channel.on_standard_job(&job(id, None)).unwrap();
        }
        assert!(channel.on_standard_job(&job(2, None)).is_err());
        channel.on_tip(&tip(2)).unwrap();
        assert!(channel.on_tip(&tip(1)).is_err());
    }

    #[test]
    fn a_job_that_runs_keeps_its_target_and_one_that_waits_takes_the_new_one() {
        let mut channel = channel();
        channel.on_standard_job(&job(1, None)).unwrap();
        channel.on_tip(&tip(1)).unwrap();
        channel.on_standard_job(&job(2, None)).unwrap();
        channel.target = [0; 32];
        assert!(channel.mine(1).is_some());
        channel.on_tip(&tip(2)).unwrap();
        assert!(channel.mine(1000).is_none());
    }

    #[test]
    fn answers_must_add_up() {
        let mut channel = channel();
        channel.on_standard_job(&job(1, None)).unwrap();
        channel.on_tip(&tip(1)).unwrap();
        assert_eq!(vec![1, 2, 3, 4], (0..4).map(|_| submit(&mut channel)).collect::<Vec<_>>());
        channel.on_reject(2, "stale-share").unwrap();
        assert!(channel.on_reject(2, "stale-share").is_err());
        channel.on_success(&success(3, 2)).unwrap();
        assert!(channel.is_waiting());
        assert!(channel.on_success(&success(4, 2)).is_err());
        assert_eq!((2, 1, 0), (channel.accepted, channel.stale, channel.rejected));
    }
}
