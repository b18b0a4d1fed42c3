#include "server/declaration/declared_template.h"

#include <algorithm>
#include <map>

#include "server/node/transaction.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/share_hash.h"
#include "stratum/target.h"

namespace server::declaration {

using stratum::Bytes;
using stratum::ByteView;
using stratum::Hash256;
using stratum::Template;
using stratum::TemplateTransaction;

void fill_given(std::span<const ByteView> given, std::span<const Hash256> wtxids,
                std::vector<TemplateTransaction>& transactions) {
    std::map<Hash256, std::size_t> missing;
    for (std::size_t i = 0; i < wtxids.size(); ++i)
        if (transactions[i].data.empty()) missing.emplace(wtxids[i], i);
    Bytes scratch;
    for (const auto data : given) {
        const auto hashes = node::hash_transaction(data, scratch);
        if (!hashes) continue;
        const auto place = missing.find(hashes->wtxid);
        if (place == missing.end()) continue;
        auto& transaction = transactions[place->second];
        transaction.data.assign(data.begin(), data.end());
        transaction.txid = hashes->txid;
        transaction.wtxid = hashes->wtxid;
        transaction.weight = static_cast<std::uint32_t>(hashes->weight);
    }
}

Template make_declared_template(const Template& newest, std::uint32_t version,
                                const DeclaredCoinbase& coinbase,
                                std::vector<TemplateTransaction> transactions) {
    Template out;
    out.coin = newest.coin;
    out.algorithm = newest.algorithm;
    out.height = newest.height;
    out.previous = newest.previous;
    out.version = version;
    out.version_required = newest.version_required;
    out.nbits = newest.nbits;
    out.network_target = newest.network_target;
    out.time = newest.time;
    out.time_min = newest.time_min;
    out.node = newest.node;
    out.received_at = newest.received_at;
    out.coinbase_value_sats = coinbase.pool_sats;
    out.fees_sats = coinbase.pool_sats - (newest.coinbase_value_sats - newest.fees_sats);
    out.witness_commitment = coinbase.witness_commitment;
    out.transactions = std::move(transactions);
    std::vector<Hash256> txids;
    for (const auto& transaction : out.transactions) txids.push_back(transaction.txid);
    out.merkle_branches = stratum::merkle_branches_of(txids);
    return out;
}

std::optional<node::BlockCandidate> block_of(const stratum::v2::PushSolution& solution,
                                             const stratum::v2::DeclaredJob& job) {
    const auto& work = *job.work;
    if (solution.prev_hash != work.previous || solution.nbits != work.nbits ||
        solution.extranonce.size() != job.extranonce_bytes)
        return std::nullopt;
    const stratum::Job made(job.work, coinbase_of(job), 0);
    stratum::HeaderInput input;
    input.job = &made;
    std::copy(solution.extranonce.begin(), solution.extranonce.end(), input.extranonce.begin());
    input.extranonce_size = static_cast<std::uint8_t>(solution.extranonce.size());
    input.version = solution.version;
    input.ntime = solution.ntime;
    input.nonce = solution.nonce;
    node::BlockCandidate out;
    out.coinbase = coinbase_of(input);
    out.header = header_of(
        input, stratum::merkle_root_from_branches(stratum::sha256d(out.coinbase), work.merkle_branches));
    out.hash = stratum::sha256d(out.header);
    out.work = job.work;
    if (!stratum::meets(out.hash, work.network_target)) return std::nullopt;
    return out;
}

}  // namespace server::declaration
