//! From a job to a header and its hash, as the mining protocol lays them out. All byte strings in wire order.

use sha2::{Digest, Sha256};

/// 256 bits, least significant byte first: targets, and hashes read as numbers.
pub type U256 = [u8; 32];

/// What a job says about the merkle root.
#[derive(Clone, Debug)]
pub enum Root {
    Given(U256),
    Coinbase { prefix: Vec<u8>, suffix: Vec<u8>, path: Vec<U256> },
}

impl Root {
    /// `extranonce` is the whole of it: the pool's prefix and the miner's rest.
    pub fn with(&self, extranonce: &[u8]) -> U256 {
        match self {
            Root::Given(root) => *root,
            Root::Coinbase { prefix, suffix, path } => {
                let coinbase = [prefix.as_slice(), extranonce, suffix.as_slice()].concat();
                path.iter().fold(sha256d(&coinbase), |root, other| sha256d(&[root, *other].concat()))
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub version: u32,
    pub prev_hash: U256,
    pub root: U256,
    pub ntime: u32,
    pub nbits: u32,
    pub nonce: u32,
}

impl Header {
    pub fn hash(&self) -> U256 {
        let mut bytes = [0; 80];
        bytes[..4].copy_from_slice(&self.version.to_le_bytes());
        bytes[4..36].copy_from_slice(&self.prev_hash);
        bytes[36..68].copy_from_slice(&self.root);
        bytes[68..72].copy_from_slice(&self.ntime.to_le_bytes());
        bytes[72..76].copy_from_slice(&self.nbits.to_le_bytes());
        bytes[76..].copy_from_slice(&self.nonce.to_le_bytes());
        sha256d(&bytes)
    }
}

pub fn sha256d(bytes: &[u8]) -> U256 {
    Sha256::digest(Sha256::digest(bytes)).into()
}

pub fn meets(hash: &U256, target: &U256) -> bool {
    hash.iter().rev().le(target.iter().rev())
}

/// A header's nBits written out: what a block's hash must meet.
pub fn network_target(nbits: u32) -> U256 {
    let mut target = [0; 32];
    let size = (nbits >> 24) as usize;
    for (at, byte) in nbits.to_le_bytes()[..3].iter().enumerate() {
        if let Some(place) = (size + at).checked_sub(3).and_then(|place| target.get_mut(place)) {
            *place = *byte;
        }
    }
    target
}

/// Whether the bytes are exactly one transaction with one input that spends nothing, and without witness data,
/// as the coinbase of an extended job must be once the extranonce stands in it.
pub fn is_coinbase(bytes: &[u8]) -> bool {
    fn check(mut rest: &[u8]) -> Option<bool> {
        let mut take = |count: usize| {
            let (taken, left) = rest.split_at_checked(count)?;
            rest = left;
            Some(taken)
        };
        take(4)?; // version
        let spends_nothing = take(1)? == [1] && take(32)? == [0; 32] && take(4)? == [0xff; 4];
        let script_bytes = take(1)?[0] as usize;
        take(script_bytes + 4)?; // with the sequence
        let outputs = match take(1)?[0] {
            few @ 0..=0xfc => few as usize,
            0xfd => u16::from_le_bytes(take(2)?.try_into().ok()?) as usize,
            _ => return None,
        };
        for _ in 0..outputs {
            take(8)?; // amount
            let script_bytes = take(1)?[0] as usize; // below 0xfd in any payout
            take(script_bytes)?;
        }
        take(4)?; // lock time
        Some(spends_nothing && (2..=100).contains(&script_bytes) && outputs > 0 && rest.is_empty())
    }
    check(bytes).unwrap_or(false)
}

/// As block explorers write it: most significant byte first.
pub fn display(number: &U256) -> String {
    number.iter().rev().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    fn number(displayed: &str) -> U256 {
        let mut bytes = bytes(displayed);
        bytes.reverse();
        bytes.try_into().unwrap()
    }

    /// The main chain's block 100000, its coinbase cut as an extended job would cut it.
    #[test]
    fn block_100000_comes_out_of_its_parts() {
        let root = Root::Coinbase {
            prefix: bytes("01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff08"),
            suffix: bytes(concat!(
                "ffffffff0100f2052a010000004341041b0e8c2567c12536aa13357b79a073dc4444acb83c4ec7a0e2f99dd7457516c5817242",
                "da796924ca4e99947d087fedf9ce467cb9f7c6287078f801df276fdf84ac00000000"
            )),
            path: [
                "fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4",
                "8e30899078ca1813be036a073bbf80b86cdddde1c96e9e9c99e9e3782df4ae49",
            ]
            .map(number)
            .to_vec(),
        };
        let header = Header {
            version: 1,
            prev_hash: number("000000000002d01c1fccc21636b607dfd930d31d01c3a62104612a1719011250"),
            root: root.with(&bytes("044c86041b020602")),
            ntime: 0x4d1b2237,
            nbits: 0x1b04864c,
            nonce: 0x10572b0f,
        };
        assert_eq!("f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766", display(&header.root));
        assert_eq!(
            "000000000003ba27aa200b1cecaad478d2b00432346c3f1f3986da1afd33e506",
            display(&header.hash())
        );
    }

    #[test]
    fn nbits_are_written_out() {
        assert_eq!(
            "000000000004864c000000000000000000000000000000000000000000000000",
            display(&network_target(0x1b04864c))
        );
        assert_eq!(
            "7fffff0000000000000000000000000000000000000000000000000000000000",
            display(&network_target(0x207fffff))
        );
    }

    #[test]
    fn a_coinbase_is_whole_or_refused() {
        let prefix = "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff08";
        let suffix = "ffffffff0100f2052a010000000151deadbeef";
        let whole = bytes(&format!("{prefix}044c86041b020602{suffix}"));
        assert!(is_coinbase(&whole));
        let with_witness = [&whole[..4], &[0, 1], &whole[4..]].concat();
        let one_byte_off = bytes(&format!("{prefix}044c86041b0206{suffix}"));
        let spends_something = [&whole[..5], &[7], &whole[6..]].concat();
        for bad in [&with_witness, &one_byte_off, &spends_something, &whole[1..].to_vec(), &vec![]] {
            assert!(!is_coinbase(bad));
        }
    }

    #[test]
    fn a_hash_meets_a_target_that_is_as_large() {
        let target = number("00000000ffff0000000000000000000000000000000000000000000000000000");
        let above = number("00000000ffff0000000000000000000000000000000000000000000000000001");
        let below = number("00000000fffeffffffffffffffffffffffffffffffffffffffffffffffffffff");
        assert!(meets(&target, &target) && meets(&below, &target) && !meets(&above, &target));
    }
}
