// SetupConnection and RequestExtensions said wrongly, or not first.

#include "stratum/v2/error_codes.h"
#include "tests/integration/v2_hostile/cases.h"

namespace hostile {

namespace {

v2::SetupConnection right_setup() {
    v2::SetupConnection message;
    message.min_version = message.max_version = v2::protocol_version;
    message.endpoint_host = "127.0.0.1";
    message.vendor = "hostile";
    return message;
}

void require_refusal(const Arena& arena, const v2::SetupConnection& message, std::string_view code,
                     std::uint32_t flags = 0) {
    Attacker attacker(arena, message.flags, Attacker::Setup::by_case);
    attacker.shake_hands();
    attacker.client().send(message);
    attacker.talk([&] { return !attacker.setup_code().empty(); });
    require(attacker.setup_code() == code, "SetupConnection.Error with '" + attacker.setup_code() +
                                               "' instead of '" + std::string(code) + "'");
    require(attacker.setup_flags() == flags,
            "SetupConnection.Error with the flags " + std::to_string(attacker.setup_flags()));
    attacker.require_end(soon, "a refused connection is kept");
}

void wrong_protocol(const Arena& arena) {
    for (const auto protocol : std::initializer_list<std::uint8_t>{1, 2, 3, 255}) {
        auto message = right_setup();
        message.protocol = protocol;
        require_refusal(arena, message, v2::setup_error::unsupported_protocol);
    }
}

void wrong_version(const Arena& arena) {
    const std::pair<std::uint16_t, std::uint16_t> ranges[] = {{3, 9}, {0, 1}, {2, 1}, {3, 2}};
    for (const auto& [least, most] : ranges) {
        auto message = right_setup();
        message.min_version = least;
        message.max_version = most;
        require_refusal(arena, message, v2::setup_error::protocol_version_mismatch);
    }
}

void unknown_flags(const Arena& arena) {
    auto message = right_setup();
    message.flags = 0x80000008 | v2::mining_requires_version_rolling;
    require_refusal(arena, message, v2::setup_error::unsupported_feature_flags, 0x80000008);
}

void work_selection_without_job_declaration(const Arena& arena) {
    auto message = right_setup();
    message.flags = v2::mining_requires_work_selection;
    require_refusal(arena, message, v2::setup_error::unsupported_feature_flags,
                    v2::mining_requires_work_selection);
}

// Frames that cannot begin a connection: it ends, and nothing is answered.
void wrong_first_frames(const Arena& arena) {
    const std::pair<v2::FrameHeader, std::string> frames[] = {
        {v2::header_of<v2::OpenExtendedMiningChannel>(0), std::string(60, '\0')},
        {v2::header_of<v2::RequestExtensions>(0), std::string(4, '\0')},
        {v2::header_of<v2::SetupConnection>(0), ""},
        {v2::header_of<v2::SetupConnection>(0), std::string(3, '\0')},
        {v2::header_of<v2::SetupConnection>(0), std::string(9, '\0') + std::string(100, '\xff')},
        {{.extension = 0, .channel_message = false, .type = 0x77}, "what is this"},
        {v2::header_of<v2::SetupConnection>(0), std::string(5000, 'x')},
    };
    for (const auto& [header, payload] : frames) {
        Attacker attacker(arena, 0, Attacker::Setup::by_case);
        attacker.shake_hands();
        attacker.client().send_frame(header, payload);
        attacker.require_end(soon, "a wrong first frame of type " + std::to_string(header.type) + " and " +
                                       std::to_string(payload.size()) + " bytes is kept");
        require(attacker.frames().empty(), "a wrong first frame was answered");
    }
}

// The length alone ends it: nothing of so much is kept.
void huge_length_first(const Arena& arena) {
    Attacker attacker(arena, 0, Attacker::Setup::by_case);
    attacker.shake_hands();
    attacker.client().send_frame(v2::header_of<v2::SetupConnection>(0), std::string(1 << 20, 'x'));
    attacker.say(attacker.client().output().substr(0, v2::sealed_header_bytes));
    attacker.hold_tongue();
    attacker.require_end(soon, "a first frame of a megabyte is waited for");
}

void setup_twice(const Arena& arena) {
    Attacker attacker(arena);
    attacker.set_up();
    attacker.client().send(right_setup());
    attacker.open();  // an unexpected message is passed over
    attacker.require_clean();
}

void silent_after_setup(const Arena& arena) {
    Attacker attacker(arena);
    attacker.set_up();
    const auto started = Clock::now();
    attacker.require_end(75s, "a connection without a channel is kept");
    require(Clock::now() - started > 5s, "a connection without a channel is cut off at once");
}

void extensions(const Arena& arena) {
    struct Row {
        std::vector<std::uint16_t> asked;
        bool granted;
    };
    const Row rows[] = {{{v2::extension_worker_identity}, true},
                        {{3, v2::extension_worker_identity, 0x7fff}, true},
                        {{3, 0x4000}, false},
                        {{}, false}};
    for (const Row& row : rows) {
        Attacker attacker(arena);
        attacker.set_up();
        attacker.client().send(v2::RequestExtensions{.request_id = 9, .requested_extensions = row.asked});
        if (!row.granted) {
            require(attacker.heard<v2::RequestExtensionsError>() != nullptr, "unknown extensions: no Error");
            continue;
        }
        const Frame* frame = attacker.heard<v2::RequestExtensionsSuccess>();
        require(frame != nullptr, "no RequestExtensions.Success");
        v2::RequestExtensionsSuccess success;
        require(v2::parse(frame->payload, success).has_value() && success.request_id == 9 &&
                    success.supported_extensions == std::vector{v2::extension_worker_identity},
                "RequestExtensions.Success tells something else");
    }
}

}  // namespace

std::vector<Case> setup_cases() {
    return {
        {"wrong_protocol", wrong_protocol},
        {"wrong_version", wrong_version},
        {"unknown_flags", unknown_flags},
        {"work_selection_without_job_declaration", work_selection_without_job_declaration},
        {"wrong_first_frames", wrong_first_frames},
        {"huge_length_first", huge_length_first},
        {"setup_twice", setup_twice},
        {"silent_after_setup", silent_after_setup, true},
        {"extensions", extensions},
    };
}

}  // namespace hostile
