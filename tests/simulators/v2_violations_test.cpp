// Everything that the strict client holds against a server: the pool breaks one rule, the client names it.

#include "tests/simulators/v2_dialogue.h"

using namespace simulators;
namespace v2 = stratum::v2;

namespace {

constexpr std::uint32_t group = V2FakePool::group_id;

struct Row {
    const char* named;  // part of the violation's text, or of why the client fails
    std::function<void(Dialogue&)> breaks;
    std::uint32_t flags = v2::mining_requires_version_rolling;
    ChannelKind kind = ChannelKind::extended;
};

// After three channels (2, 3, 4) are open and mining.
void check(const Row& row) {
    INFO(row.named);
    V2Options options;
    options.flags = row.flags;
    for (int i = 0; i < 3; ++i)
        options.channels.push_back({.kind = row.kind,
                                    .user = "somebody",
                                    .max_target = Uint256::max() >> 4,
                                    .min_extranonce_bytes = 16});
    Dialogue world(options);
    world.run();
    REQUIRE(world.opened.size() == 3);
    REQUIRE(world.client.violations().empty());
    row.breaks(world);
    world.run();
    bool named = world.client.trouble().find(row.named) != std::string::npos;
    for (const auto& text : world.client.violations().texts()) {
        UNSCOPED_INFO(text);
        named = named || text.find(row.named) != std::string::npos;
    }
    UNSCOPED_INFO("trouble: " << world.client.trouble());
    CHECK(named);
}

v2::SetNewPrevHash tip_for(std::uint32_t channel, std::uint32_t job) {
    return {.channel_id = channel, .job_id = job, .prev_hash = {}, .min_ntime = 1, .nbits = 0x207fffff};
}

v2::NewMiningJob root_job(std::uint32_t channel, std::uint32_t job, std::optional<std::uint32_t> ntime = {}) {
    return {
        .channel_id = channel, .job_id = job, .min_ntime = ntime, .version = 0x20000000, .merkle_root = {}};
}

v2::OpenExtendedMiningChannelSuccess grant(std::uint32_t request, std::uint32_t channel,
                                           stratum::ByteView prefix) {
    return {.request_id = request,
            .channel_id = channel,
            .target = Uint256::max() >> 8,
            .extranonce_size = 16,
            .extranonce_prefix = prefix,
            .group_channel_id = group};
}

// Opens a fourth channel, request 4, without the pool's own answer.
void ask_for_another(Dialogue& world) {
    world.client.open({.kind = ChannelKind::extended, .user = "x", .min_extranonce_bytes = 16});
    world.client.output().clear();
}

const Bytes fresh{9, 9, 9, 9};

// A job for channel 2 that is right until it is changed. What it is made of stands here to be changed too.
struct JobParts {
    Bytes prefix = stratum::parse_hex("0200000001" + std::string(64, '0') + "ffffffff17520014").value();
    Bytes suffix = stratum::parse_hex("ffffffff0100f2052a01000000015100000000").value();
    std::vector<Hash256> path;
    v2::NewExtendedMiningJob job{.channel_id = 2,
                                 .job_id = 900,
                                 .min_ntime = 5,
                                 .version = 0x20000000,
                                 .version_rolling_allowed = true,
                                 .merkle_path = {},
                                 .coinbase_tx_prefix = {},
                                 .coinbase_tx_suffix = {}};
};
std::function<void(Dialogue&)> job_with(std::function<void(JobParts&)> change) {
    return [change](Dialogue& world) {
        JobParts parts;
        change(parts);
        parts.job.coinbase_tx_prefix = parts.prefix;
        parts.job.coinbase_tx_suffix = parts.suffix;
        parts.job.merkle_path = parts.path;
        world.pool.send(parts.job);
    };
}

}  // namespace

TEST_CASE("The client names what is wrong inside a job") {
    constexpr std::size_t script_length_at = 41;
    const Row rows[] = {
        {"which is no channel", job_with([](auto& p) { p.job.channel_id = 77; })},
        {"merkle path above 20", job_with([](auto& p) { p.path.resize(21); })},
        {"fixed version", job_with([](auto& p) { p.job.version_rolling_allowed = false; })},
        {"marker of a witness", job_with([](auto& p) {
             p.prefix.insert(p.prefix.begin() + 4, {0, 1});
         })},
        {"behind the coinbase", job_with([](auto& p) { p.suffix.push_back(0); })},
        {"ends too early", job_with([](auto& p) { p.suffix.pop_back(); })},
        {"input is not null", job_with([](auto& p) { p.prefix[10] = 1; })},
        {"not one input", job_with([](auto& p) { p.prefix[4] = 2; })},
        {"no legal length", job_with([](auto& p) { p.prefix[script_length_at] = 101; })},
        {"has no outputs", job_with([](auto& p) { p.suffix[4] = 0; })},
        {"inside the coinbase's script", job_with([](auto& p) { p.prefix[script_length_at] = 10; })},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("The client names a job that comes to the wrong place or again") {
    const Row rows[] = {
        {"came again",
         [](Dialogue& w) {
             for (int i = 0; i < 2; ++i) w.pool.send(root_job(2, 70, 5));
         },
         0, ChannelKind::standard},
        {"multiple of 8",
         [](Dialogue& w) {
             for (const std::uint32_t id : {100U, 108U}) w.pool.send(root_job(2, id));
         },
         0, ChannelKind::standard},
        {"NewMiningJob for an extended channel", [](Dialogue& w) { w.pool.send(root_job(2, 70)); }},
        {"NewMiningJob for a group", [](Dialogue& w) { w.pool.send(root_job(group, 70)); }},
        {"NewExtendedMiningJob to standard jobs", [](Dialogue& w) { w.pool.new_job(group, std::nullopt); },
         v2::mining_requires_standard_jobs, ChannelKind::standard},
        {"a group, to standard jobs",
         [](Dialogue& w) { w.pool.send(v2::SetTarget{.channel_id = group, .maximum_target = Uint256(5)}); },
         v2::mining_requires_standard_jobs, ChannelKind::standard},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("A job and a tip that are right are not named") {
    V2Options options;
    options.channels.push_back({.user = "x"});
    Dialogue world(options);
    world.run();
    job_with([](auto&) {})(world);
    world.pool.send(tip_for(2, world.pool.new_job(2, std::nullopt)));
    world.run();
    CHECK(world.client.violations().empty());
    CHECK(world.worked.size() == 3);
}

TEST_CASE("The client names a tip or a target that is wrong") {
    const Row rows[] = {
        {"which is no future job", [](Dialogue& w) { w.pool.send(tip_for(2, 999)); }},
        {"which is no future job",
         [](Dialogue& w) { w.pool.send(tip_for(group, w.pool.new_job(2, std::nullopt))); }},
        {"which is no future job", [](Dialogue& w) { w.pool.send(tip_for(2, w.pool.new_job(2, 5))); }},
        {"nbits of nothing",
         [](Dialogue& w) {
             auto tip = tip_for(2, w.pool.new_job(2, std::nullopt));
             tip.nbits = 0;
             w.pool.send(tip);
         }},
        {"a target of zero",
         [](Dialogue& w) { w.pool.send(v2::SetTarget{.channel_id = 3, .maximum_target = {}}); }},
        {"easier than the client's limit",
         [](Dialogue& w) { w.pool.send(v2::SetTarget{.channel_id = 3, .maximum_target = Uint256::max()}); }},
        {"which is no channel",
         [](Dialogue& w) { w.pool.send(v2::SetTarget{.channel_id = 44, .maximum_target = Uint256(9)}); }},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("The client names a channel that is opened wrongly") {
    const auto answer = [](auto change) {
        return [change](Dialogue& w) {
            ask_for_another(w);
            auto message = grant(4, 9, fresh);
            change(message);
            w.pool.send(message);
        };
    };
    static const Bytes taken{0, 0, 0, 2, 5}, longer{9, 9, 9, 9, 9}, huge(20, 9);
    const Row rows[] = {
        {"that nobody asked for", answer([](auto& m) { m.request_id = 77; })},
        {"opened twice", answer([](auto& m) { m.channel_id = 3; })},
        {"the id of a group", answer([](auto& m) { m.channel_id = group; })},
        {"in a group with a channel's id", answer([](auto& m) { m.group_channel_id = 3; })},
        {"overlaps another's", answer([](auto& m) {
             m.extranonce_prefix = taken;
             m.extranonce_size = 15;
         })},
        {"another extranonce length", answer([](auto& m) { m.extranonce_prefix = longer; })},
        {"above 32 bytes", answer([](auto& m) {
             m.extranonce_prefix = huge;
             m.group_channel_id = 66;
         })},
        {"fewer bytes of extranonce", answer([](auto& m) {
             m.extranonce_size = 8;
             m.group_channel_id = 66;
         })},
        {"a target of zero", answer([](auto& m) { m.target = {}; })},
        {"an unknown request",
         [](Dialogue& w) { w.pool.send(v2::OpenMiningChannelError{.request_id = 9, .error_code = "x"}); }},
        {"the first job is not a future one",
         [](Dialogue& w) {
             ask_for_another(w);
             w.pool.send(grant(4, 9, fresh));
             w.pool.new_job(9, 5);
         }},
        {"a second job before",
         [](Dialogue& w) {
             ask_for_another(w);
             w.pool.send(grant(4, 9, fresh));
             w.pool.new_job(9, std::nullopt);
             w.pool.new_job(9, std::nullopt);
         }},
        {"between a member's Success",
         [](Dialogue& w) {
             ask_for_another(w);
             w.pool.send(grant(4, 9, fresh));
             w.pool.new_tip({});
         }},
        {"before its first work",
         [](Dialogue& w) {
             ask_for_another(w);
             w.pool.send(grant(4, 9, fresh));
             w.pool.send(v2::SetTarget{.channel_id = 9, .maximum_target = Uint256(7)});
         }},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("The client names answers to shares that do not add up") {
    const auto success = [](std::uint32_t last, std::uint32_t count) {
        return [=](Dialogue& w) {
            w.mine(*w.client.channel(2), 4);
            w.pool.send(v2::SubmitSharesSuccess{
                .channel_id = 2, .last_sequence_number = last, .new_submits_accepted_count = count});
        };
    };
    const auto error = [](std::uint32_t number, const char* code) {
        return [=](Dialogue& w) {
            w.mine(*w.client.channel(2), 4);
            w.pool.send(
                v2::SubmitSharesError{.channel_id = 2, .sequence_number = number, .error_code = code});
        };
    };
    const Row rows[] = {
        {"more shares accepted than were sent", success(4, 5)},
        {"ends at 4, its count at 3", success(4, 3)},
        {"of no share", success(4, 0)},
        {"which does not wait", error(50, "stale-share")},
        {"with the code what-is-this", error(2, "what-is-this")},
        {"Success for no channel",
         [](Dialogue& w) { w.pool.send(v2::SubmitSharesSuccess{.channel_id = 90}); }},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("The client names messages that clients cannot take") {
    const auto raw = [](v2::FrameHeader header, std::string payload) {
        return [=](Dialogue& w) { w.pool.send_frame(header, payload); };
    };
    const Row rows[] = {
        {"panic", [](Dialogue& w) { w.pool.send(v2::Reconnect{}); }},
        {"panic", [](Dialogue& w) { w.pool.send(v2::ChannelEndpointChanged{.channel_id = 2}); }},
        {"SetExtranoncePrefix",
         [](Dialogue& w) {
             w.pool.send(v2::SetExtranoncePrefix{.channel_id = 2, .extranonce_prefix = fresh});
         }},
        {"unknown type", raw({.type = 0x99}, "")},
        {"wrong channel bit", raw({.channel_message = false, .type = v2::SetTarget::type},
                                  std::string("\2\0\0\0", 4) + std::string(32, '\1'))},
        {"stand behind SetTarget", raw({.channel_message = true, .type = v2::SetTarget::type},
                                       std::string("\2\0\0\0", 4) + std::string(33, '\1'))},
        {"SetTarget does not parse", raw({.channel_message = true, .type = v2::SetTarget::type}, "abc")},
        {"above 8192", raw({.type = 0x99}, std::string(8193, 'x'))},
        {"CloseChannel for no channel",
         [](Dialogue& w) { w.pool.send(v2::CloseChannel{.channel_id = 55, .reason_code = "x"}); }},
        {"SetGroupChannel with the unknown channel",
         [](Dialogue& w) { w.pool.send(v2::SetGroupChannel{.group_channel_id = 80, .channel_ids = {55}}); }},
        {"SetGroupChannel to standard jobs",
         [](Dialogue& w) { w.pool.send(v2::SetGroupChannel{.group_channel_id = 80, .channel_ids = {2}}); },
         v2::mining_requires_standard_jobs, ChannelKind::standard},
    };
    for (const Row& row : rows) check(row);
}

TEST_CASE("The client names what is wrong before the first channel") {
    V2Options options;
    options.channels.push_back({.user = "x"});
    Dialogue world(options, {.answers_opens = false});
    world.run();
    world.pool.send(v2::SetTarget{.channel_id = group, .maximum_target = Uint256(7)});
    world.run();
    REQUIRE_FALSE(world.client.violations().empty());
    CHECK(world.client.violations().texts()[0] ==
          "the first frame after Open*MiningChannel is not its answer");
}

TEST_CASE("The client names jobs that come though it chooses its work") {
    V2Options options;
    options.flags = v2::mining_requires_work_selection;
    options.channels.push_back({.user = "x"});
    Dialogue world(options);
    world.run();
    REQUIRE(world.client.violations().count() == 2);
    CHECK(world.client.violations().texts()[0] ==
          "NewExtendedMiningJob for 2 though the client chooses its work");
}
