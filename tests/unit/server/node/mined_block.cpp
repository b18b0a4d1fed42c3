#include "tests/unit/server/node/mined_block.h"

#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"

namespace node_test {

using namespace stratum;

MinedBlock::MinedBlock(Template work_given, Proof proof) : work(std::move(work_given)) {
    header.version = work.version;
    header.previous = work.previous;
    header.time = work.time;
    header.nbits = work.nbits;
    build();
    if (proof == Proof::searched) solve();
}

void MinedBlock::build() {
    auto generous = work;
    generous.coinbase_value_sats += extra_sats;
    const auto parts = make_coinbase(generous, {{generous.coinbase_value_sats, Bytes{0x6a}}}, "/test/", 0, 8);
    coinbase_ = parts.prefix;
    coinbase_.resize(coinbase_.size() + 8, 0xee);
    coinbase_.insert(coinbase_.end(), parts.suffix.begin(), parts.suffix.end());
    header.merkle_root = merkle_root_from_branches(sha256d(coinbase_), work.merkle_branches);
}

void MinedBlock::commit() {
    std::vector<Hash256> txids;
    std::vector<Hash256> wtxids;
    for (const auto& tx : work.transactions) {
        txids.push_back(tx.txid);
        wtxids.push_back(tx.wtxid);
    }
    work.merkle_branches = merkle_branches_of(txids);
    work.witness_commitment = witness_commitment_script(wtxids);
    build();
}

void MinedBlock::solve() {
    header.hash = sha256d(server::node::serialise(header));
    for (; !server::node::proves_work(header); header.hash = sha256d(server::node::serialise(header)))
        ++header.nonce;
}

Hash256 MinedBlock::hash() const { return sha256d(server::node::serialise(header)); }

Bytes MinedBlock::bytes() const { return assemble_block(work, server::node::serialise(header), coinbase_); }

}  // namespace node_test
