#include "stratum/sha256.h"

#include "tests/catch.h"

#include <string>

using namespace stratum;

namespace {

// Runs a check on the processor's SHA instructions and on portable code.
template <typename Check>
void on_both_backends(Check check) {
    for (const bool portable : {false, true}) {
        sha256_use_portable(portable);
        INFO("backend " << sha256_backend());
        check();
    }
    sha256_use_portable(false);
}

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
    on_both_backends([] {
        CHECK(to_hex(sha256(view_of("abc")).bytes) ==
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        CHECK(to_hex(sha256({}).bytes) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        CHECK(to_hex(sha256(view_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).bytes) ==
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
        CHECK(to_hex(sha256(view_of(std::string(1'000'000, 'a'))).bytes) ==
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    });
}

TEST_CASE("The genesis header hashes to the genesis block") {
    on_both_backends([] {
        const auto header = parse_hex(
            "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e"
            "67768f61"
            "7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c");
        REQUIRE(header);
        CHECK(displayed(sha256d(*header)) ==
              "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f");
    });
}

TEST_CASE("A midstate and a tail give the hash of the whole, alone and in pairs, for every length") {
    on_both_backends([] {
        Bytes data(300);
        for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 7 + 3);
        for (std::size_t size = 64; size <= data.size(); ++size) {
            const ByteView whole(data.data(), size);
            auto state = Sha256State::initial();
            sha256_update(state, whole.first(64));
            const auto expected = sha256d(whole);
            CHECK(sha256d_finish(state, 64, whole.subspan(64)) == expected);

            auto other_data = data;
            other_data[size - 1] ^= 1;
            const ByteView other(other_data.data(), size);
            auto other_state = Sha256State::initial();
            sha256_update(other_state, other.first(64));
            const auto two =
                sha256d_finish_two({&state, &other_state}, 64, {whole.subspan(64), other.subspan(64)});
            CHECK(two[0] == expected);
            CHECK(two[1] == sha256d(other));
        }
    });
}

TEST_CASE("Pairs of hashes join as the bytes of both do") {
    on_both_backends([] {
        const auto left = sha256(view_of("left"));
        const auto right = sha256(view_of("right"));
        Bytes joined(left.bytes.begin(), left.bytes.end());
        joined.insert(joined.end(), right.bytes.begin(), right.bytes.end());
        CHECK(sha256d_pair(left, right) == sha256d(joined));
        const auto two = sha256d_pair_two({left, right}, {&right, &left});
        CHECK(two[0] == sha256d_pair(left, right));
        CHECK(two[1] == sha256d_pair(right, left));
    });
}
