// A V2 connection from its setup on: what is served, what is refused, what ends it.

#include "stratum/v2/error_codes.h"
#include "tests/unit/stratum/v2/mining_world.h"

using namespace stratum;
using namespace stratum::v2;
using namespace stratum::v2::testing;

namespace {

constexpr std::uint32_t easy_nbits = 0x1d00ffff;

OpenExtendedMiningChannel extended() {
    OpenExtendedMiningChannel out;
    out.request_id = 5;
    out.user_identity = MiningWorld::test_identity;
    out.max_target = Uint256::max();
    return out;
}

}  // namespace

TEST_CASE("A connection is set up for mining in version 2 with flags the server knows") {
    struct Row {
        std::uint8_t protocol;
        std::uint16_t least, most;
        std::uint32_t flags;
        std::string_view code;
        std::uint32_t refused_flags;
    };
    const std::vector<Row> rows{
        {0, 2, 2, 0, "", 0},
        {0, 1, 7, 5, "", 0},
        {0, 2, 2, 2, setup_error::unsupported_feature_flags, 2},
        {0, 2, 2, 0x18, setup_error::unsupported_feature_flags, 0x18},
        {0, 3, 4, 0, setup_error::protocol_version_mismatch, 0},
        {0, 0, 1, 0, setup_error::protocol_version_mismatch, 0},
        {0, 4, 1, 0, setup_error::protocol_version_mismatch, 0},
        {1, 2, 2, 0, setup_error::unsupported_protocol, 0},
        {2, 2, 2, 0, setup_error::unsupported_protocol, 0},
        {9, 2, 2, 0, setup_error::unsupported_protocol, 0},
    };
    for (const auto& row : rows) {
        MiningWorld world;
        SetupConnection message;
        message.protocol = row.protocol;
        message.min_version = row.least;
        message.max_version = row.most;
        message.flags = row.flags;
        world.send(message);
        if (row.code.empty()) {
            const auto success = world.expect<SetupConnectionSuccess>();
            CHECK(success->used_version == 2);
            CHECK(success->flags == 0);  // never an echo
            CHECK(world.session->closing() == CloseReason::none);
        } else {
            const auto error = world.expect<SetupConnectionError>();
            CHECK(error->error_code == row.code);
            CHECK(error->flags == row.refused_flags);
            CHECK(world.session->closing() == CloseReason::setup_refused);
        }
    }
}

TEST_CASE("Fixed versions are told, and refused to who must roll them") {
    MiningWorld world;
    world.settings.mining.version_mask = 0;
    world.connect();
    SetupConnection message;
    message.min_version = message.max_version = 2;
    message.flags = mining_requires_version_rolling;
    world.send(message);
    CHECK(world.expect<SetupConnectionError>()->flags == mining_requires_version_rolling);
    world.connect();
    message.flags = 0;
    world.send(message);
    CHECK(world.expect<SetupConnectionSuccess>()->flags == mining_requires_fixed_version);
}

TEST_CASE("Nothing may come before the setup, and a frame that is none ends the connection") {
    MiningWorld world;
    world.send(extended());
    CHECK(world.session->closing() == CloseReason::protocol_error);
    world.connect();
    world.feed(*world.session, std::string(22, 'x'));
    CHECK(world.session->closing() == CloseReason::handshake_failed);
    world.connect();
    world.set_up();
    world.feed(*world.session, std::string(22, 'x'));
    CHECK(world.session->closing() == CloseReason::protocol_error);
    world.connect();
    world.set_up();
    std::string cut;
    append_frame(extended(), cut);
    cut.resize(cut.size() - 30);
    world.send_frame(view_of(cut));
    CHECK(world.session->closing() == CloseReason::protocol_error);
}

TEST_CASE("An oversized frame ends the connection before its payload comes") {
    MiningWorld world;
    world.set_up();
    Bytes frame(6 + v2_mining_bytes_max + 1);
    frame[2] = 0x1b;
    world.send_frame(frame);
    CHECK(world.session->closing() == CloseReason::protocol_error);
}

TEST_CASE("Messages nobody knows are ignored") {
    MiningWorld world;
    world.set_up();
    const Bytes frame{0x34, 0x12, 0x77, 0, 0, 0};
    world.send_frame(frame);
    CHECK(world.session->closing() == CloseReason::none);
    CHECK(world.frames.empty());
}

TEST_CASE("Extensions are negotiated: worker identity is known, others are not") {
    MiningWorld world;
    world.set_up();
    world.send(RequestExtensions{1, {2, 3}});
    const auto success = world.expect<RequestExtensionsSuccess>();
    CHECK(success->request_id == 1);
    CHECK(success->supported_extensions == std::vector<std::uint16_t>{2});
    world.send(RequestExtensions{2, {3, 0x4001}});
    const auto error = world.expect<RequestExtensionsError>();
    CHECK(error->request_id == 2);
    CHECK(error->unsupported_extensions == std::vector<std::uint16_t>{3, 0x4001});
    CHECK(error->required_extensions.empty());
}

TEST_CASE("Silence ends a connection: before the setup, before the first channel, for long") {
    MiningWorld world;
    const auto after = [&](std::chrono::seconds time) {
        world.now += time;
        world.session->on_timer(world.now);
        return world.session->closing();
    };
    CHECK(after(std::chrono::seconds(9)) == CloseReason::none);
    CHECK(after(std::chrono::seconds(2)) == CloseReason::login_timeout);
    world.connect();
    world.set_up();
    CHECK(after(std::chrono::seconds(59)) == CloseReason::none);
    CHECK(after(std::chrono::seconds(2)) == CloseReason::login_timeout);
    world.connect();
    world.set_up();
    world.open_extended();
    CHECK(after(std::chrono::seconds(599)) == CloseReason::none);
    CHECK(after(std::chrono::seconds(2)) == CloseReason::idle);
}

TEST_CASE("Bytes may come in any pieces") {
    MiningWorld world;
    world.on_template(make_template(7, 1, easy_nbits));
    std::string wire;
    Transport client(keys_of(2, 1));
    const auto add = [&](const auto& message) {
        std::string payload;
        append(message, payload);
        client.write(header_of<std::decay_t<decltype(message)>>(payload.size()), view_of(payload), wire);
    };
    SetupConnection setup;
    setup.min_version = setup.max_version = 2;
    add(setup);
    add(extended());
    add(extended());
    for (const char byte : wire) world.feed(*world.session, {&byte, 1});
    world.hear();
    world.expect<SetupConnectionSuccess>();
    for (int i = 0; i < 2; ++i) {
        world.expect<OpenExtendedMiningChannelSuccess>();
        world.expect<NewExtendedMiningJob>();
        world.expect<SetNewPrevHash>();
    }
}
