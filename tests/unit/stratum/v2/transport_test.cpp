#include "stratum/v2/transport.h"

#include <cstring>

#include "tests/unit/stratum/v2/key_world.h"

using namespace stratum;
using namespace stratum::v2;

namespace {

constexpr std::size_t no_limit = payload_bytes_max;

struct Ends {
    static TransportKeys keys(std::uint8_t receive, std::uint8_t send) {
        TransportKeys keys;
        keys.receive.fill(receive);
        keys.send.fill(send);
        return keys;
    }
    Transport server{keys(1, 2)};
    Transport client{keys(2, 1)};
    std::string wire;  // client to server

    void send(std::uint8_t type, std::size_t payload_bytes) {
        Bytes payload(payload_bytes);
        SeededBytes random(type);
        random(payload);
        client.write({.type = type}, payload, wire);
    }
    // That the server holds the frame send() made.
    void check_frame(std::uint8_t type, std::size_t payload_bytes) const {
        Bytes payload(payload_bytes);
        SeededBytes random(type);
        random(payload);
        CHECK(server.header() ==
              FrameHeader{.type = type, .payload_bytes = static_cast<std::uint32_t>(payload_bytes)});
        CHECK(std::equal(payload.begin(), payload.end(), server.payload().begin(), server.payload().end()));
    }
    // How a server that gets `wire` ends: what the last read() said, and frames before it.
    static std::pair<Read, int> outcome(std::string_view wire, std::size_t accepted_bytes_max = no_limit) {
        Transport server{keys(1, 2)};
        auto rest = view_of(wire);
        for (int frames = 0;; ++frames) {
            const auto read = server.read(rest, accepted_bytes_max);
            if (read != Read::frame) return {read, frames};
        }
    }
};

}  // namespace

TEST_CASE("Lengths on the wire of the vectors") {
    for (const auto& row : vectors().at("payload_lengths")) {
        const auto plain = row.at("plaintext").get<std::size_t>();
        CHECK(sealed_payload_bytes(plain) == row.at("ciphertext").get<std::size_t>());
        CHECK(sealed_header_bytes + sealed_payload_bytes(plain) ==
              row.at("frame_on_wire").get<std::size_t>());
        Ends ends;
        ends.send(1, plain);
        CHECK(ends.wire.size() == row.at("frame_on_wire").get<std::size_t>());
        auto rest = view_of(ends.wire);
        REQUIRE(ends.server.read(rest, no_limit) == Read::frame);
        CHECK(rest.empty());
        ends.check_frame(1, plain);
    }
}

TEST_CASE("Frames arrive whole at every split of the wire in three") {
    const std::pair<std::uint8_t, std::size_t> frames[] = {{1, 30}, {2, 0}, {3, 1}};
    std::string wire;
    {
        Ends ends;
        for (const auto& [type, bytes] : frames) ends.send(type, bytes);
        wire = ends.wire;
    }
    for (std::size_t first = 0; first <= wire.size(); ++first)
        for (std::size_t second = first; second <= wire.size(); ++second) {
            Ends ends;
            std::size_t frame = 0;
            for (const auto& part : {view_of(wire).first(first), view_of(wire).subspan(first, second - first),
                                     view_of(wire).subspan(second)}) {
                auto rest = part;
                while (ends.server.read(rest, no_limit) == Read::frame) {
                    ends.check_frame(frames[frame].first, frames[frame].second);
                    ++frame;
                }
                REQUIRE(rest.empty());
            }
            REQUIRE(frame == std::size(frames));
        }
}

TEST_CASE("Frames of several slices arrive whole byte by byte and in odd pieces") {
    for (const std::size_t step : {1U, 7U, 65535U, 65536U, 131071U}) {
        Ends ends;
        ends.send(1, 2 * slice_bytes_max + 10);
        ends.send(2, slice_bytes_max);
        int frames = 0;
        for (auto all = view_of(ends.wire); !all.empty();) {
            auto part = all.first(std::min(step, all.size()));
            all = all.subspan(part.size());
            while (ends.server.read(part, no_limit) == Read::frame) {
                ++frames;
                ends.check_frame(static_cast<std::uint8_t>(frames),
                                 frames == 1 ? 2 * slice_bytes_max + 10 : slice_bytes_max);
            }
        }
        CHECK(frames == 2);
    }
}

TEST_CASE("A changed byte anywhere ends the connection for good") {
    Ends ends;
    ends.send(1, 30);
    ends.send(2, 5);
    for (std::size_t i = 0; i < ends.wire.size(); ++i) {
        auto wire = ends.wire;
        wire[i] = static_cast<char>(wire[i] ^ 4);
        const bool in_first = i < sealed_header_bytes + sealed_payload_bytes(30);
        CHECK(Ends::outcome(wire) == std::pair{Read::bad_tag, in_first ? 0 : 1});
        Transport server{Ends::keys(1, 2)};
        auto rest = view_of(wire);
        while (server.read(rest, no_limit) == Read::frame) {
        }
        auto good = view_of(ends.wire);
        CHECK(server.read(good, no_limit) == Read::bad_tag);
        CHECK(good.size() == ends.wire.size());
        CHECK(server.payload().empty());
    }
}

TEST_CASE("Frames repeated, left out, swapped or of another key do not decrypt") {
    Ends ends;
    ends.send(1, 30);
    const auto first = std::exchange(ends.wire, {});
    ends.send(2, 30);
    const auto& second = ends.wire;
    CHECK(Ends::outcome(first + second) == std::pair{Read::incomplete, 2});
    CHECK(Ends::outcome(first + first) == std::pair{Read::bad_tag, 1});
    CHECK(Ends::outcome(second) == std::pair{Read::bad_tag, 0});
    Transport other{Ends::keys(3, 2)};
    auto rest = view_of(first);
    CHECK(other.read(rest, no_limit) == Read::bad_tag);
    // The two directions have keys of their own: an echo is no frame.
    rest = view_of(first);
    CHECK(ends.client.read(rest, no_limit) == Read::bad_tag);
}

TEST_CASE("A frame above the limit is told by its header alone, for good") {
    Ends ends;
    ends.send(1, 100);
    CHECK(Ends::outcome(ends.wire, 100) == std::pair{Read::incomplete, 1});
    CHECK(Ends::outcome(ends.wire, 99) == std::pair{Read::too_large, 0});
    auto header = view_of(ends.wire).first(sealed_header_bytes);
    CHECK(ends.server.read(header, 99) == Read::too_large);
    CHECK(ends.server.header().payload_bytes == 100);
    CHECK(ends.server.read(header, no_limit) == Read::too_large);
    // A limit that is lowered counts for the next frame, not for one under way.
    Ends later;
    later.send(1, 100);
    header = view_of(later.wire).first(sealed_header_bytes);
    CHECK(later.server.read(header, 100) == Read::incomplete);
    auto rest = view_of(later.wire).subspan(sealed_header_bytes);
    CHECK(later.server.read(rest, 10) == Read::frame);
}

TEST_CASE("Writing appends and takes the length from the payload") {
    Ends ends;
    ends.wire = "in front";
    const Bytes payload{1, 2, 3};
    ends.client.write({.extension = 7, .channel_message = true, .type = 9, .payload_bytes = 77}, payload,
                      ends.wire);
    CHECK(ends.wire.starts_with("in front"));
    auto rest = view_of(ends.wire).subspan(8);
    REQUIRE(ends.server.read(rest, no_limit) == Read::frame);
    CHECK(ends.server.header() ==
          FrameHeader{.extension = 7, .channel_message = true, .type = 9, .payload_bytes = 3});
}

TEST_CASE("An idle connection's encryption is small") { CHECK(sizeof(Transport) <= 200); }
