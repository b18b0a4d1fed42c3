// Custom jobs on mining channels: every check, and shares for them.

#include "stratum/coinbase.h"
#include "stratum/v2/error_codes.h"
#include "tests/unit/stratum/v2/mining_world.h"

using namespace stratum;
using namespace stratum::v2;
using namespace stratum::v2::testing;

namespace {

constexpr std::uint32_t easy_nbits = 0x1d00ffff;

class CustomWorld : public MiningWorld {
  public:
    CustomWorld() {
        settings.mining.job_declaration = true;
        connect();
        on_template(make_template(7, 1, easy_nbits));
        SetupConnection message;
        message.min_version = message.max_version = protocol_version;
        message.flags = mining_requires_work_selection;
        send(message);
        CHECK(expect<SetupConnectionSuccess>()->flags == mining_requires_extended_channels);
        opened = open_extended();
        CHECK(frames.empty());  // no job of ours
        declare({1}, 1);
    }
    void declare(const Bytes& declared_token, std::uint64_t number, std::uint8_t tip = 1) {
        auto work = new_template(declared_number_bit + number, tip, easy_nbits);
        work->merkle_branches = branches;
        work->declared_at_us = 77;
        auto job = std::make_shared<DeclaredJob>();
        job->identity = test_identity;
        job->work = work;
        job->coinbase_version = 2;
        job->script_prefix = script;
        job->extranonce_bytes = 20;
        job->sequence = 0xfffffffe;
        job->outputs = {1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x51};
        job->lock_time = 5;
        declared_jobs[declared_token] = job;
    }
    [[nodiscard]] SetCustomMiningJob message() const {
        SetCustomMiningJob out;
        out.channel_id = 2;
        out.request_id = 4;
        out.mining_job_token = token;
        out.version = 0x20000000;
        out.prev_hash = jobs_newest_tip;
        out.min_ntime = 1'700'000'000;
        out.nbits = easy_nbits;
        out.coinbase_tx_version = 2;
        out.coinbase_prefix = script;
        out.coinbase_tx_input_n_sequence = 0xfffffffe;
        out.coinbase_tx_outputs = outputs;
        out.coinbase_tx_locktime = 5;
        out.merkle_path = branches;
        return out;
    }
    std::string refusal(const SetCustomMiningJob& custom) {
        send(custom);
        const auto error = expect<SetCustomMiningJobError>();
        CHECK(error->request_id == custom.request_id);
        return std::string(error->error_code);
    }
    // Mines a share of the custom job with this wire id.
    Verdict submit(std::uint32_t job_id, std::uint8_t roll) {
        Bytes coinbase{2, 0, 0, 0, 1};
        coinbase.insert(coinbase.end(), 32, 0);
        coinbase.insert(coinbase.end(), 4, 0xff);
        coinbase.push_back(static_cast<std::uint8_t>(script.size() + 20));
        coinbase.insert(coinbase.end(), script.begin(), script.end());
        const auto head = opened->extranonce_prefix;
        coinbase.insert(coinbase.end(), head.begin(), head.end());
        const Bytes rest(16, roll);
        coinbase.insert(coinbase.end(), rest.begin(), rest.end());
        ByteWriter tail(coinbase);
        tail.le32(0xfffffffe);
        tail.bytes(outputs);
        tail.le32(5);
        const auto root = merkle_root_from_branches(sha256d(coinbase), branches);
        SubmitSharesExtended share{2, 1, job_id, 0, 1'700'000'001, 0x20000000, rest, {}};
        const auto hash = [&] {
            Bytes header;
            ByteWriter writer(header);
            writer.le32(share.version);
            writer.bytes(jobs_newest_tip.bytes);
            writer.bytes(root.bytes);
            writer.le32(share.ntime);
            writer.le32(easy_nbits);
            writer.le32(share.nonce);
            return sha256d(header);
        };
        while (!meets(hash(), Difficulty::fraction(32)->target())) ++share.nonce;
        send(share);
        return verdicts.back();
    }

    const Bytes token{1};
    const Bytes script{2, 0x21, 0x03, 3, 'a', 'b', 'c', 20};
    const Bytes outputs{1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x51};
    const std::vector<Hash256> branches{sha256(view_of("a")), sha256(view_of("b"))};
    const Hash256 jobs_newest_tip = make_template(1, 1, easy_nbits)->previous;
    Heard<OpenExtendedMiningChannelSuccess> opened;
};

}  // namespace

TEST_CASE("A declared job set on a channel is mined and credited like any other") {
    CustomWorld world;
    world.send(world.message());
    const auto success = world.expect<SetCustomMiningJobSuccess>();
    CHECK(success->channel_id == 2);
    CHECK(success->request_id == 4);
    CHECK_FALSE(world.submit(success->job_id, 1).reject);
    CHECK(world.submit(success->job_id, 1).reject == RejectReason::duplicate);
    world.frames.clear();
    // A new tip makes it stale though nothing is sent to this connection.
    world.announce(make_template(8, 2, easy_nbits));
    CHECK(world.frames.empty());
    CHECK(world.submit(success->job_id, 2).reject == RejectReason::stale);
}

TEST_CASE("A token is for one job, and the same work declared again is the same job") {
    CustomWorld world;
    world.send(world.message());
    const auto first = world.expect<SetCustomMiningJobSuccess>();
    CHECK_FALSE(world.submit(first->job_id, 1).reject);
    CHECK(world.refusal(world.message()) == custom_job_error::invalid_mining_job_token);
    world.declare({2}, 2);
    auto again = world.message();
    const Bytes second{2};
    again.mining_job_token = second;
    world.send(again);
    CHECK(world.expect<SetCustomMiningJobSuccess>()->job_id == first->job_id);
    CHECK(world.submit(first->job_id, 1).reject == RejectReason::duplicate);
}

TEST_CASE("A custom job that differs from what was declared is refused with its code") {
    CustomWorld world;
    namespace error = custom_job_error;
    auto bad = world.message();
    const auto expect = [&](std::string_view code) {
        CHECK(world.refusal(bad) == code);
        bad = world.message();
    };
    const Bytes unknown{9};
    bad.mining_job_token = unknown;
    expect(error::invalid_mining_job_token);
    bad.channel_id = 3;
    expect(error::invalid_channel_id);
    bad.prev_hash.bytes[0] ^= 1;
    expect(error::stale_chain_tip);
    bad.min_ntime = 1'700'000'000 - 601;
    expect(error::invalid_min_ntime);
    bad.min_ntime = 1'700'000'000 + 7201;
    expect(error::invalid_min_ntime);
    bad.nbits ^= 1;
    expect(error::invalid_nbits);
    bad.version ^= 1;
    expect(error::invalid_version);
    bad.coinbase_tx_version = 1;
    expect(error::invalid_coinbase_tx_version);
    const Bytes script{2, 0x21, 0x03, 3, 'a', 'b', 'd', 20};
    bad.coinbase_prefix = script;
    expect(error::invalid_coinbase_prefix);
    bad.coinbase_tx_input_n_sequence = 0;
    expect(error::invalid_coinbase_tx_input_n_sequence);
    const Bytes outputs{1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x51};
    bad.coinbase_tx_outputs = outputs;
    expect(error::invalid_coinbase_tx_outputs);
    bad.coinbase_tx_locktime = 6;
    expect(error::invalid_coinbase_tx_locktime);
    bad.merkle_path = std::span(world.branches).first(1);
    expect(error::invalid_merkle_path);
    CHECK(world.session->closing() == CloseReason::none);
    world.send(world.message());
    world.expect<SetCustomMiningJobSuccess>();
}

TEST_CASE("A job declared by somebody else cannot be set") {
    CustomWorld world;
    world.frames.clear();
    world.open_extended(std::string(test_address) + ".other");
    auto message = world.message();
    message.channel_id = 3;
    CHECK(world.refusal(message) == custom_job_error::invalid_mining_job_token);
    message.channel_id = group_channel_id;  // all channels, one of them not the owner's
    CHECK(world.refusal(message) == custom_job_error::invalid_mining_job_token);
    world.send(CloseChannel{3, ""});
    world.send(message);
    CHECK(world.expect<SetCustomMiningJobSuccess>()->channel_id == group_channel_id);
}

TEST_CASE("Without work selection, or without the switch, there are no custom jobs") {
    CustomWorld world;
    world.connect();
    world.set_up();
    world.open_extended();
    world.frames.clear();
    CHECK(world.refusal(world.message()) == custom_job_error::jd_not_supported);
    world.connect();
    SetupConnection message;
    message.min_version = message.max_version = protocol_version;
    message.flags = mining_requires_work_selection;
    world.send(message);
    world.expect<SetupConnectionSuccess>();
    OpenStandardMiningChannel standard;
    standard.user_identity = MiningWorld::test_identity;
    standard.max_target = Uint256::max();
    world.send(standard);
    CHECK(world.expect<OpenMiningChannelError>()->error_code ==
          open_error::standard_channels_not_supported_for_custom_work);
}
