// Before SetupConnection: silence, halves, rubbish and other protocols.

#include "tests/integration/v2_hostile/cases.h"
#include "tests/simulators/v2_keys.h"

namespace hostile {

namespace {

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    simulators::system_random({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    return bytes;
}

// Held to the pool's time limit, not far beyond and not much before.
void require_time_limit(Attacker& attacker, const std::string& what) {
    const auto started = Clock::now();
    attacker.hold_tongue();
    attacker.require_end(handshake_end, what + " is kept");
    require(Clock::now() - started > 5s, what + " is cut off though it might only be slow");
}

void silent_after_connect(const Arena& arena) {
    Attacker attacker(arena);
    require_time_limit(attacker, "a silent connection");
}

void half_a_handshake(const Arena& arena) {
    Attacker attacker(arena);
    attacker.say(attacker.client().output().substr(0, 63));
    require_time_limit(attacker, "half a handshake");
}

void silent_after_handshake(const Arena& arena) {
    Attacker attacker(arena);
    attacker.shake_hands();
    require_time_limit(attacker, "a client that never sets up");
    require(attacker.frames().empty(), "the pool speaks first");
}

void half_a_setup(const Arena& arena) {
    Attacker attacker(arena);
    attacker.shake_hands();
    const auto setup = attacker.client().output();
    attacker.say(setup.substr(0, setup.size() - 1));
    require_time_limit(attacker, "half a SetupConnection");
}

// Every 64 bytes are a possible act 1, so act 2 comes; the first frame tells.
void garbage_for_act_1(const Arena& arena) {
    Attacker attacker(arena);
    attacker.hold_tongue();
    attacker.say(random_bytes(64));
    std::string got;
    const auto until = Clock::now() + soon;
    while (attacker.socket().is_open() && got.size() < v2::act2_bytes && Clock::now() < until)
        got += attacker.socket().read_some(50ms);
    require(got.size() == v2::act2_bytes,
            "garbage of 64 bytes was answered by " + std::to_string(got.size()));
    attacker.say(random_bytes(100));
    attacker.require_end(soon, "a first frame of garbage is kept");
}

void rubbish_after_handshake(const Arena& arena) {
    Attacker attacker(arena);
    attacker.shake_hands();
    attacker.hold_tongue();
    attacker.say(random_bytes(22));
    attacker.require_end(soon, "a first frame that does not decrypt is kept");
    require(attacker.frames().empty(), "a frame that does not decrypt was answered");
}

void bad_tag_of_the_payload(const Arena& arena) {
    Attacker attacker(arena);
    attacker.shake_hands();
    std::string setup = std::exchange(attacker.client().output(), {});
    setup.back() = static_cast<char>(setup.back() ^ 1);
    attacker.say(setup);
    attacker.require_end(soon, "a payload with a bad tag is kept");
    require(attacker.frames().empty(), "a payload with a bad tag was answered");
}

void bad_tag_while_mining(const Arena& arena) {
    Attacker attacker(arena);
    V2Channel& channel = attacker.open();
    attacker.client().update(channel, 1, Uint256::max());
    std::string update = std::exchange(attacker.client().output(), {});
    update[3] = static_cast<char>(update[3] ^ 0x40);
    attacker.say(update);
    attacker.require_end(soon, "a bad tag while mining is kept");
}

void a_frame_twice(const Arena& arena) {
    Attacker attacker(arena);
    V2Channel& channel = attacker.open();
    attacker.client().update(channel, 1, Uint256::max());
    const std::string update = std::exchange(attacker.client().output(), {});
    attacker.say(update + update);
    attacker.require_end(soon, "a replayed frame is kept");
}

void other_protocols(const Arena& arena) {
    const std::string http =
        "GET / HTTP/1.1\r\nHost: pool\r\nUser-Agent: somebody with a browser/1.0\r\n\r\n";
    const std::string v1 = R"({"id":1,"method":"mining.subscribe","params":["a-miner-with-a-long-name/1"]})"
                           "\n";
    const std::string tls =
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(506, '\0');
    for (const std::string& text : {http, v1, tls}) {
        Attacker attacker(arena);
        attacker.hold_tongue();
        attacker.say(text);
        attacker.say(text);  // what follows the first 64 bytes cannot be a frame
        attacker.require_end(handshake_end, "another protocol is kept: " + text.substr(0, 20));
    }
}

void a_byte_at_a_time(const Arena& arena) {
    Attacker attacker(arena);
    for (int part = 0; part < 2; ++part) {
        for (const char byte : std::exchange(attacker.client().output(), {}))
            attacker.say(std::string_view(&byte, 1));
        if (part == 0) attacker.shake_hands();
    }
    attacker.open();
    attacker.require_clean();
}

void gone_in_the_middle(const Arena& arena) {
    for (int i = 0; i < 50; ++i) {
        Attacker attacker(arena);
        if (i % 3 == 1) attacker.say(attacker.client().output().substr(0, 10));
        if (i % 3 == 2) attacker.shake_hands();
    }
    Attacker half(arena);
    half.shake_hands();
    half.socket().end_writing();
    half.hold_tongue();
    half.require_end(soon, "a client that has closed its side is kept");
}

}  // namespace

std::vector<Case> handshake_cases() {
    return {
        {"silent_after_connect", silent_after_connect, true},
        {"half_a_handshake", half_a_handshake, true},
        {"silent_after_handshake", silent_after_handshake, true},
        {"half_a_setup", half_a_setup, true},
        {"garbage_for_act_1", garbage_for_act_1},
        {"rubbish_after_handshake", rubbish_after_handshake},
        {"bad_tag_of_the_payload", bad_tag_of_the_payload},
        {"bad_tag_while_mining", bad_tag_while_mining},
        {"a_frame_twice", a_frame_twice},
        {"other_protocols", other_protocols},
        {"a_byte_at_a_time", a_byte_at_a_time},
        {"gone_in_the_middle", gone_in_the_middle},
    };
}

}  // namespace hostile
