#include "server/pool/peer_book.h"

#include "tests/catch.h"

using namespace server::pool;
using namespace std::chrono_literals;

TEST_CASE("Address ranges hold what they say") {
    CHECK(IpRange::parse("10.0.0.0/8")->contains(*parse_ip("10.200.3.4")));
    CHECK_FALSE(IpRange::parse("10.0.0.0/8")->contains(*parse_ip("11.0.0.1")));
    CHECK(IpRange::parse("10.1.2.128/25")->contains(*parse_ip("10.1.2.129")));
    CHECK_FALSE(IpRange::parse("10.1.2.128/25")->contains(*parse_ip("10.1.2.127")));
    CHECK(IpRange::parse("2001:db8::/32")->contains(*parse_ip("2001:db8:1::1")));
    CHECK_FALSE(IpRange::parse("2001:db8::/32")->contains(*parse_ip("2001:db9::1")));
    CHECK(IpRange::parse("127.0.0.1")->contains(*parse_ip("127.0.0.1")));
    CHECK(IpRange::parse("0.0.0.0/0")->contains(*parse_ip("1.2.3.4")));
    CHECK_FALSE(IpRange::parse("0.0.0.0/0")->contains(*parse_ip("2001:db8::1")));
    for (const char* bad : {"", "10.0.0.0/33", "10.0.0/8", "::1/129", "x", "10.0.0.0/", "10.0.0.0/8x"})
        CHECK_FALSE(IpRange::parse(bad));
    CHECK(parse_ip("203.0.113.7")->text() == "203.0.113.7");
    CHECK(parse_ip("::ffff:203.0.113.7")->is_v4());
}

TEST_CASE("A peer that only misbehaves is shut out for longer and longer, and let in again") {
    PeerBook book;
    const auto peer = *parse_ip("203.0.113.7");
    auto now = PeerBook::Instant(1h);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(book.open(peer, 0, now));
        book.close(peer, true, now);
    }
    CHECK_FALSE(book.open(peer, 0, now + 29s));
    now += 31s;
    REQUIRE(book.open(peer, 0, now));
    book.close(peer, true, now);
    CHECK_FALSE(book.open(peer, 0, now + 59s));
    REQUIRE(book.open(peer, 0, now + 61s));
}

TEST_CASE("One accepted share clears a peer, and strikes fade") {
    PeerBook book;
    const auto peer = *parse_ip("203.0.113.7");
    auto now = PeerBook::Instant(1h);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(book.open(peer, 0, now));
        book.close(peer, true, now);
    }
    book.proved_itself(peer);
    CHECK(book.open(peer, 0, now));
    book.close(peer, true, now);
    book.close(peer, true, now + 31min);
    book.close(peer, true, now + 31min);
    CHECK(book.open(peer, 0, now + 31min));
}

TEST_CASE("Sessions of one peer are limited only where the operator asks, by /64 for IPv6") {
    PeerBook book;
    const PeerBook::Instant now(1h);
    const auto one = parse_ip("2001:db8::1")->peer();
    CHECK(one == parse_ip("2001:db8::2")->peer());
    CHECK(book.open(one, 2, now));
    CHECK(book.open(one, 2, now));
    CHECK_FALSE(book.open(one, 2, now));
    book.close(one, false, now);
    CHECK(book.open(one, 2, now));
    CHECK(book.open(*parse_ip("203.0.113.7"), 0, now));
    book.close(*parse_ip("203.0.113.7"), false, now);
    CHECK(book.size() == 1);
}

TEST_CASE("The book of peers stays within its size") {
    PeerBook book;
    const PeerBook::Instant now(1h);
    IpAddress peer = *parse_ip("10.0.0.0");
    std::size_t opened = 0;
    for (std::size_t i = 0; i < PeerBook::peers_max + 100; ++i) {
        peer.bytes[13] = static_cast<std::uint8_t>(i >> 16);
        peer.bytes[14] = static_cast<std::uint8_t>(i >> 8);
        peer.bytes[15] = static_cast<std::uint8_t>(i);
        if (book.open(peer, 0, now)) ++opened;
    }
    CHECK(opened == PeerBook::peers_max);
    CHECK(book.size() == PeerBook::peers_max);
}

TEST_CASE("Handshakes under way are counted by address, also when their sessions are gone") {
    PeerBook book;
    const auto peer = *parse_ip("192.0.2.1");
    const auto other = *parse_ip("192.0.2.2");
    const auto start = PeerBook::Instant(1h);
    REQUIRE(book.open(peer, 0, start));
    REQUIRE(book.open(other, 0, start));
    CHECK(book.begin_handshake(peer, 2));
    CHECK(book.begin_handshake(peer, 2));
    CHECK_FALSE(book.begin_handshake(peer, 2));
    CHECK(book.begin_handshake(other, 2));
    book.close(peer, false, start);
    CHECK(book.size() == 2);  // hanging up frees nothing: its handshakes are still to be answered
    CHECK_FALSE(book.begin_handshake(peer, 2));
    book.end_handshake(peer);
    CHECK(book.begin_handshake(peer, 2));
    book.end_handshake(peer);
    book.end_handshake(peer);
    CHECK(book.size() == 1);
    book.end_handshake(peer);  // unknown by now
}
