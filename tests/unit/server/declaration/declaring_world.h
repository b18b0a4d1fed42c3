#pragma once
// A job declaration session on a real development chain, and a client that declares what its own node offers.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/declaration/known_transactions.h"
#include "server/declaration/session.h"
#include "server/node/development_chain.h"
#include "stratum/coinbase.h"
#include "stratum/v2/messages_common.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace declaration_test {

using namespace server::declaration;
using namespace stratum::v2;
using server::node::BlockCandidate;
using server::node::DevelopmentChain;
using stratum::Bytes;
using stratum::ByteView;
using stratum::view_of;

inline constexpr std::uint32_t now_s = 1'760'000'000;

inline TransportKeys keys_of(std::uint8_t receive, std::uint8_t send) {
    TransportKeys out;
    out.receive.fill(receive);
    out.send.fill(send);
    return out;
}

class DeclaringWorld : public Host {
  public:
    DeclaringWorld() : chain({folder.path(), 0x207fffff, 12}), client_(keys_of(2, 1)) {
        auto offered = chain.make_template(now_s).work;
        offered.number = 1;
        theirs = std::make_shared<const stratum::Template>(std::move(offered));
        ours = theirs;
        known_.add(ours);
        session = std::make_shared<Session>(
            *this, keys_of(1, 2), [this] { hear(); }, now);
    }

    [[nodiscard]] stratum::TemplatePtr newest() const override { return ours; }
    [[nodiscard]] const stratum::TemplateTransaction* known(const stratum::Hash256& wtxid) const override {
        return knows_transactions ? known_.find(wtxid) : nullptr;
    }
    [[nodiscard]] ByteView payout_script() const override { return payout; }
    Bytes new_token() override { return Bytes(8, ++tokens_); }
    std::uint64_t new_number() override { return declared_number_bit + ++numbers_; }
    [[nodiscard]] std::int64_t now_us() const override { return 4711; }
    void propose(server::node::OutgoingBlockPtr block, OnAnswer on_answer) override {
        proposed = block;
        answer = std::move(on_answer);
        if (answers_at_once) judge();
    }
    void judge() { std::exchange(answer, {})(chain.propose(proposed->bytes(), now_s)); }
    bool publish(const Bytes& token, DeclaredJobPtr job) override {
        published[token] = std::move(job);
        return !full;
    }
    void submit(BlockCandidate candidate) override { submitted.push_back(std::move(candidate)); }
    void count(std::string_view result) override { ++counts[std::string(result)]; }

    template <Message M>
    void send(const M& message) {
        std::string payload, wire;
        append(message, payload);
        client_.write(header_of<M>(payload.size()), view_of(payload), wire);
        session->receive(view_of(wire), now);
        hear();
    }
    void hear() {
        const auto wire = std::exchange(session->output(), {});
        ByteView left = view_of(wire);
        while (client_.read(left, payload_bytes_max) == Read::frame)
            frames.push_back({client_.header(), {client_.payload().begin(), client_.payload().end()}});
    }
    // The next frame, which must be an M. Its views live as long as the world.
    template <Message M>
    M expect() {
        INFO(M::name);
        REQUIRE_FALSE(frames.empty());
        kept_.push_back(std::move(frames.front()));
        frames.pop_front();
        CAPTURE(int{kept_.back().first.type});
        REQUIRE(is<M>(kept_.back().first));
        M out;
        REQUIRE(parse(kept_.back().second, out).has_value());
        return out;
    }
    void reconnect() {
        client_ = Transport(keys_of(2, 1));
        session = std::make_shared<Session>(
            *this, keys_of(1, 2), [this] { hear(); }, now);
    }
    void set_up() {
        SetupConnection message;
        message.protocol = 1;
        message.min_version = message.max_version = 2;
        message.flags = job_declaration_declare_tx_data;
        send(message);
        CHECK(expect<SetupConnectionSuccess>().flags == 0);
    }
    const Bytes& token(std::string_view identity = "alice.rig") {
        send(AllocateMiningJobToken{identity, 3});
        const auto message = expect<AllocateMiningJobTokenSuccess>();
        return given_.emplace_back(message.mining_job_token.begin(), message.mining_job_token.end());
    }
    // The coinbase of a client that pays the pool all.
    void write_coinbase(std::int64_t value_sats) {
        prefix.clear();
        suffix.clear();
        stratum::ByteWriter head(prefix);
        head.le32(2);
        head.u8(0);
        head.u8(1);
        head.compact_size(1);
        head.bytes(stratum::Hash256{}.bytes);
        head.le32(0xffffffff);
        auto script = stratum::height_push(theirs->height);
        script.push_back(20);
        head.compact_size(script.size() + 20);
        head.bytes(script);
        stratum::ByteWriter tail(suffix);
        tail.le32(0xfffffffe);
        tail.compact_size(2);
        tail.le64(static_cast<std::uint64_t>(value_sats));
        tail.compact_size(payout.size());
        tail.bytes(payout);
        tail.le64(0);
        tail.compact_size(theirs->witness_commitment.size());
        tail.bytes(theirs->witness_commitment);
        tail.compact_size(1);
        tail.compact_size(32);
        tail.bytes(stratum::Hash256{}.bytes);
        tail.le32(theirs->height - 1);
    }
    DeclareMiningJob declaration(const Bytes& job_token) {
        write_coinbase(theirs->coinbase_value_sats);
        wtxids.clear();
        for (const auto& transaction : theirs->transactions) wtxids.push_back(transaction.wtxid);
        DeclareMiningJob out;
        out.request_id = 9;
        out.mining_job_token = job_token;
        out.version = theirs->version;
        out.coinbase_tx_prefix = prefix;
        out.coinbase_tx_suffix = suffix;
        out.wtxid_list = wtxids;
        return out;
    }

    tests::TemporaryFolder folder;
    DevelopmentChain chain;
    stratum::TemplatePtr theirs, ours;
    Bytes payout = {0x51};
    bool knows_transactions = true;
    bool answers_at_once = true;
    bool full = false;
    server::node::OutgoingBlockPtr proposed;
    OnAnswer answer;
    std::map<Bytes, DeclaredJobPtr> published;
    std::vector<BlockCandidate> submitted;
    std::map<std::string, int> counts;
    Bytes prefix, suffix;
    std::vector<stratum::Hash256> wtxids;
    Session::Instant now{std::chrono::hours(1)};
    std::deque<std::pair<FrameHeader, Bytes>> frames;
    std::shared_ptr<Session> session;

  private:
    Transport client_;
    KnownTransactions known_;
    std::deque<std::pair<FrameHeader, Bytes>> kept_;
    std::deque<Bytes> given_;
    std::uint8_t tokens_ = 0;
    std::uint64_t numbers_ = 0;
};

}  // namespace declaration_test
