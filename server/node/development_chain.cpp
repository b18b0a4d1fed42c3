#include "server/node/development_chain.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "stratum/coinbase.h"
#include "stratum/merkle.h"
#include "stratum/sha256.h"
#include "stratum/target.h"

namespace server::node {
namespace {

using stratum::Bytes;
using stratum::ByteView;
using stratum::Hash256;
using stratum::Network;

// A record: mark, length of the block, first four bytes of its double SHA-256, the block.
constexpr std::uint32_t record_mark = 0x42564544;  // "DEVB"
constexpr std::size_t record_head_bytes = 12;
constexpr std::uint32_t easiest_nbits = 0x207fffff;
constexpr std::size_t beside_max = 1000;
constexpr std::uint32_t first_block_spacing_s = 600;

// Regtest's genesis block, as every node has it.
BlockHeader genesis() {
    BlockHeader out;
    out.version = 1;
    out.merkle_root =
        *stratum::parse_displayed("4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b");
    out.time = 1296688602;
    out.median_time = out.time;
    out.nbits = easiest_nbits;
    out.nonce = 2;
    out.nonce_known = true;
    out.hash = stratum::sha256d(serialise(out));
    return out;
}

BlockHeader header_of(ByteView block) {
    BlockHeader out;
    out.version = stratum::load_le32(block.data());
    std::copy_n(block.begin() + 4, 32, out.previous.bytes.begin());
    std::copy_n(block.begin() + 36, 32, out.merkle_root.bytes.begin());
    out.time = stratum::load_le32(block.data() + 68);
    out.nbits = stratum::load_le32(block.data() + 72);
    out.nonce = stratum::load_le32(block.data() + 76);
    out.nonce_known = true;
    out.hash = stratum::sha256d(block.first(80));
    return out;
}

std::array<std::uint8_t, record_head_bytes> record_head(ByteView block) {
    std::array<std::uint8_t, record_head_bytes> out;
    stratum::store_le32(out.data(), record_mark);
    stratum::store_le32(out.data() + 4, static_cast<std::uint32_t>(block.size()));
    std::copy_n(stratum::sha256d(block).bytes.begin(), 4, out.begin() + 8);
    return out;
}

Bytes read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

DevelopmentChain::DevelopmentChain(DevelopmentChainOptions options) : options_(std::move(options)) {
    entries_.push_back({genesis(), 0});
    heights_.emplace(entries_.front().header.hash, 0);
    work_ = stratum::work_of_target(*stratum::target_of_nbits(easiest_nbits));
    load();
    if (entries_.size() == 1) mine_first_blocks();
}

DevelopmentChain::~DevelopmentChain() {
    if (file_ >= 0) ::close(file_);
}

void DevelopmentChain::load() {
    std::filesystem::create_directories(options_.folder);
    const auto path = options_.folder / "blocks";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (file_ < 0) throw std::runtime_error(path.string() + ": " + std::strerror(errno));
    replay(read_file(path));
    if (::ftruncate(file_, static_cast<off_t>(entries_.back().file_end)) != 0)
        throw std::runtime_error(path.string() + ": " + std::strerror(errno));
}

void DevelopmentChain::replay(const Bytes& file) {
    std::size_t at = 0;
    while (file.size() - at >= record_head_bytes) {
        const auto length = stratum::load_le32(file.data() + at + 4);
        if (length > block_weight_max || length > file.size() - at - record_head_bytes) return;
        const auto block = ByteView(file).subspan(at + record_head_bytes, length);
        const auto head = record_head(block);
        if (!std::equal(head.begin(), head.end(), file.begin() + static_cast<std::ptrdiff_t>(at))) return;
        // The target is the block's own: the option may have changed since.
        auto context = next_context(UINT32_MAX / 2);
        if (block.size() > 80) context.nbits = stratum::load_le32(block.data() + 72);
        BlockVerdict verdict;
        const auto reason = check(block, context, verdict);
        if (!reason.empty())
            throw std::runtime_error((options_.folder / "blocks").string() +
                                     " holds a block that is not of this chain (" + reason +
                                     "); move the file away to begin a new chain");
        at += record_head_bytes + length;
        connect(block, verdict, at);
    }
}

void DevelopmentChain::mine_first_blocks() {
    while (entries_.size() <= development_first_blocks) {
        stratum::Template work;
        work.height = static_cast<std::uint32_t>(entries_.size());
        work.coinbase_value_sats = subsidy_sats(work.height, Network::regtest);
        const auto script = work.height % 2 == 0 ? open_witness_script() : open_hash_script();
        const auto parts =
            stratum::make_coinbase(work, {{work.coinbase_value_sats, script}}, "development", 0, 1);
        Bytes coinbase = parts.prefix;
        coinbase.push_back(0);
        coinbase.insert(coinbase.end(), parts.suffix.begin(), parts.suffix.end());
        BlockHeader header;
        header.version = 0x20000000;
        header.previous = tip();
        header.merkle_root = stratum::sha256d(coinbase);
        header.time = entries_.back().header.time + first_block_spacing_s;
        header.nbits = easiest_nbits;
        header.hash = stratum::sha256d(serialise(header));
        for (; !proves_work(header); header.hash = stratum::sha256d(serialise(header))) ++header.nonce;
        const auto block = stratum::assemble_block(work, serialise(header), coinbase);
        const auto reason = submit(block, header.time);
        STRATUM_ENSURE(reason.empty());
    }
}

std::uint32_t DevelopmentChain::next_nbits() const {
    return entries_.size() <= development_first_blocks ? easiest_nbits : options_.nbits;
}

BlockContext DevelopmentChain::next_context(std::uint32_t now) const {
    BlockContext out;
    out.previous = tip();
    out.height = static_cast<std::uint32_t>(entries_.size());
    out.nbits = next_nbits();
    out.median_time = entries_.back().header.median_time;
    out.now = now;
    return out;
}

ChainInfo DevelopmentChain::info() const {
    ChainInfo out;
    out.chain = "regtest";
    out.height = static_cast<std::uint32_t>(entries_.size() - 1);
    out.headers = out.height;
    out.tip = tip();
    out.work = work_;
    return out;
}

std::optional<Hash256> DevelopmentChain::hash_at(std::uint32_t height) const {
    if (height >= entries_.size()) return std::nullopt;
    return entries_[height].header.hash;
}

std::optional<BlockHeader> DevelopmentChain::header(const Hash256& hash) const {
    if (const auto found = heights_.find(hash); found != heights_.end()) {
        auto out = entries_[found->second].header;
        out.confirmations = static_cast<std::int64_t>(entries_.size() - found->second);
        return out;
    }
    const auto found = beside_.find(hash);
    return found == beside_.end() ? std::nullopt : std::optional(found->second);
}

NodeTemplate DevelopmentChain::make_template(std::uint32_t now) {
    if (!offered_) {
        offered_.emplace();
        auto& work = offered_->work;
        const auto context = next_context(now);
        work.height = context.height;
        work.previous = context.previous;
        work.version = 0x20000000;
        work.nbits = context.nbits;
        work.network_target = *stratum::target_of_nbits(context.nbits);
        work.time_min = context.median_time + 1;
        const auto count = std::min(options_.transactions, development_transactions_max);
        work.transactions = coins_.make_transactions(context.height, count);
        std::vector<Hash256> txids;
        std::vector<Hash256> wtxids;
        for (const auto& tx : work.transactions) {
            work.fees_sats += tx.fee_sats;
            txids.push_back(tx.txid);
            wtxids.push_back(tx.wtxid);
        }
        work.coinbase_value_sats = subsidy_sats(work.height, Network::regtest) + work.fees_sats;
        work.witness_commitment = stratum::witness_commitment_script(wtxids);
        work.merkle_branches = stratum::merkle_branches_of(txids);
        offered_->longpollid = stratum::displayed(work.previous);
    }
    offered_->work.time = std::max(now, offered_->work.time_min);
    return *offered_;
}

std::string DevelopmentChain::check(ByteView block, BlockContext context, BlockVerdict& verdict) const {
    verdict = check_block(block, context);
    if (!verdict.reason.empty()) return verdict.reason;
    return coins_.check(verdict.transactions, context.height, subsidy_sats(context.height, Network::regtest));
}

std::string DevelopmentChain::propose(ByteView block, std::uint32_t now) const {
    if (block.size() > 80 && header_of(block).previous != tip()) return "inconclusive-not-best-prevblk";
    auto context = next_context(now);
    context.proof = ProofCheck::waived;
    BlockVerdict verdict;
    return check(block, context, verdict);
}

std::string DevelopmentChain::submit(ByteView block, std::uint32_t now) {
    if (block.size() <= 80) return "bad-blk-length";
    auto header = header_of(block);
    if (heights_.contains(header.hash)) return "duplicate";
    if (header.previous != tip()) {
        if (beside_.contains(header.hash)) return "duplicate-inconclusive";
        const auto parent = heights_.find(header.previous);
        if (parent == heights_.end()) return "prev-blk-not-found";
        if (!proves_work(header)) return "high-hash";
        header.height = parent->second + 1;
        header.confirmations = -1;
        if (beside_.size() < beside_max) beside_.emplace(header.hash, header);
        return "inconclusive";
    }
    BlockVerdict verdict;
    if (auto reason = check(block, next_context(now), verdict); !reason.empty()) return reason;
    append(block);
    connect(block, verdict, entries_.back().file_end + record_head_bytes + block.size());
    return {};
}

// A killed process keeps what write() took; only a power cut can lose the last blocks, which a chain for
// trying out may.
void DevelopmentChain::append(ByteView block) {
    const auto head = record_head(block);
    Bytes record(head.begin(), head.end());
    record.insert(record.end(), block.begin(), block.end());
    std::size_t done = 0;
    while (done < record.size()) {
        const auto written = ::write(file_, record.data() + done, record.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            throw std::runtime_error((options_.folder / "blocks").string() + ": " + std::strerror(errno));
        done += static_cast<std::size_t>(written);
    }
}

void DevelopmentChain::connect(ByteView block, const BlockVerdict& verdict, std::uint64_t file_end) {
    auto header = header_of(block);
    header.height = static_cast<std::uint32_t>(entries_.size());
    std::vector<std::uint32_t> times{header.time};
    for (std::size_t i = entries_.size(); i-- > 0 && times.size() < 11;)
        times.push_back(entries_[i].header.time);
    std::sort(times.begin(), times.end());
    header.median_time = times[times.size() / 2];
    coins_.apply(verdict.transactions, header.height);
    work_ = work_ + stratum::work_of_target(*stratum::target_of_nbits(header.nbits));
    heights_.emplace(header.hash, header.height);
    beside_.erase(header.hash);
    entries_.push_back({header, file_end});
    offered_.reset();
}

void DevelopmentChain::rewind(std::uint32_t count) {
    STRATUM_ENSURE(entries_.size() > development_first_blocks + count);
    std::vector<BlockHeader> gone;
    for (std::uint32_t i = 0; i < count; ++i) {
        gone.push_back(entries_[entries_.size() - 1 - i].header);
        gone.back().confirmations = -1;
    }
    const auto file_end = entries_[entries_.size() - 1 - count].file_end;
    const int failed = ::ftruncate(file_, static_cast<off_t>(file_end));
    STRATUM_ENSURE(failed == 0);
    entries_.resize(1);
    heights_.clear();
    heights_.emplace(entries_.front().header.hash, 0);
    coins_ = {};
    work_ = stratum::work_of_target(*stratum::target_of_nbits(easiest_nbits));
    offered_.reset();
    replay(read_file(options_.folder / "blocks"));
    for (const auto& header : gone) beside_.emplace(header.hash, header);
}

}  // namespace server::node
