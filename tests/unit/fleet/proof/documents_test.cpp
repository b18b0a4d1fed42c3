// The canonical texts: what is written is read, and nothing that only looks like it.

#include "fleet/proof/documents.h"

#include "tests/catch.h"

using namespace fleet::proof;

namespace {

SliceLeaf sample_slice() {
    SliceLeaf out;
    out.index = 7;
    out.coin = "bitcoin";
    out.algorithm = "sha256d";
    out.first_position = 101;
    out.last_position = 200;
    out.nbits = 0x1d00ffff;
    out.network_work = Integer("4295032833");
    out.rule = 1;
    out.work = Integer("429503283300");
    out.weight = out.work * ((Integer(1) << 112U) / out.network_work);
    out.cumulative_weight = out.weight * 2;
    out.first_received_at_us = 1'700'000'000'000'000;
    out.last_received_at_us = 1'700'000'100'000'000;
    out.shares_root = sha256("shares");
    out.users = 3;
    out.users_root = sha256("users");
    return out;
}

template <typename T, typename Parse>
void check_one_spelling(const T& value, Parse parse) {
    const auto text = text_of(value);
    CAPTURE(text);
    REQUIRE(parse(text).has_value());
    CHECK((*parse(text) == value));
    // Whatever is taken has to come out as it went in, so a changed byte is refused or is another value.
    for (std::size_t i = 0; i < text.size(); ++i)
        for (const char other : {' ', '\n', '0', 'A', '%', '\0'}) {
            auto bent = text;
            if (bent[i] == other) continue;
            bent[i] = other;
            const auto read = parse(bent);
            if (read && (*read == value || text_of(*read) != bent)) FAIL("byte " << i);
        }
    for (std::size_t size = 0; size < text.size(); ++size)
        if (parse(std::string_view(text).substr(0, size))) FAIL("cut at " << size);
    CHECK_FALSE(parse(text + "\n").has_value());
    CHECK_FALSE(parse("\n" + text).has_value());
    CHECK_FALSE(parse(text + text).has_value());
}

}  // namespace

TEST_CASE("every document has one spelling") {
    const auto slice = sample_slice();
    check_one_spelling(slice, parse_slice_leaf);
    check_one_spelling(ShareLeaf{5, 1'700'000'000'000'000, 65'536, sha256("alice"), sha256("header")},
                       parse_share_leaf);
    check_one_spelling(SliceUser{sha256("alice"), 12, 65'536}, parse_slice_user);
    check_one_spelling(TreeHead{sha256("log"), 8, sha256("root"), 1'700'000'000'000'000}, parse_tree_head);
    check_one_spelling(Liability{"user:bob and %\n\xc3\xa9", "user", "", 123, sha256("salt")},
                       parse_liability);
    check_one_spelling(
        LiabilitiesHead{"2026-11-25", "BTC", 5, 77, sha256("head"), 3, Integer("1000"), sha256("root")},
        parse_liabilities_head);
    check_one_spelling(Inclusion{3, 8, {sha256("a"), sha256("b"), sha256("c")}}, parse_inclusion);
    check_one_spelling(SumInclusion{1, 3, {{sha256("a"), 5}, {sha256("b"), 0}}}, parse_sum_inclusion);
    check_one_spelling(Consistency{3, 8, {}}, parse_consistency);
}

TEST_CASE("a refusal says which line is wrong and why") {
    auto text = text_of(sample_slice());
    const auto refused = [&](std::string_view from, std::string_view to) {
        auto bent = text;
        bent.replace(bent.find(from), from.size(), to);
        return parse_slice_leaf(bent).error().what;
    };
    CHECK(refused("slice 1\n", "slice 2\n") == "line 1: expected \"hashyard slice 1\"");
    CHECK(refused("index 7", "index 07") == "line 2: \"07\" is no number");
    CHECK(refused("index 7", "index -7") == "line 2: \"-7\" is no number");
    CHECK(refused("index 7", "index 18446744073709551616") ==
          "line 2: \"18446744073709551616\" is no number");
    CHECK(refused("coin bitcoin", "coin bit%63oin") == "line 3: \"bit%63oin\" is not written as words are");
    CHECK(refused("coin bitcoin", "coin bit coin") == "line 3: \"bit coin\" is not written as words are");
    CHECK(refused("rule 1", "role 1") == "line 9: expected rule");
    CHECK(refused("network_work 4",
                  "network_work 99999999999999999999999999999999999999999999999999999999999"
                  "99999999999999999994")
              .find("is no integer of 256 bits") != std::string::npos);
    CHECK(refused("first_received_at_us 1700000000000000", "first_received_at_us 9223372036854775808") ==
          "line 13: the instant is out of range");
    CHECK(parse_slice_leaf("").error().what == "line 1: the text ends too early");
    CHECK(parse_inclusion("hashyard inclusion 1\nindex 1\nsize 2\nnodes 9\nnode x\n").error().what ==
          "line 4: nodes announces more lines than there are");
}

TEST_CASE("a slice whose sums cannot be is told apart") {
    CHECK(why_impossible(sample_slice()).empty());
    auto slice = sample_slice();
    slice.weight += 1;
    CHECK(why_impossible(slice) == "its weight is not its work times the weight of a hash");
    slice = sample_slice();
    slice.cumulative_weight = slice.weight - 1;
    CHECK_FALSE(why_impossible(slice).empty());
    slice = sample_slice();
    slice.network_work = 0;
    CHECK_FALSE(why_impossible(slice).empty());
    slice = sample_slice();
    slice.users = 101;
    CHECK_FALSE(why_impossible(slice).empty());
    slice = sample_slice();
    slice.first_position = 201;
    CHECK_FALSE(why_impossible(slice).empty());
}

TEST_CASE("a share's leaf is the one that slices are built from") {
    // SHA-256(0x00 || 5 u64 || 6 i64 || 7 in 32 bytes || 32 bytes of 0x11 || 32 bytes of 0x22), by Python.
    ShareLeaf share{5, 6, 7, {}, {}};
    share.account.fill(0x11);
    share.hash.fill(0x22);
    CHECK(hex_of(leaf_of(share)) == "0657096354b6a2a6fa9407499900e7afe1703be2409431e30e8271381f3cfb65");
}

TEST_CASE("words carry any bytes and have one spelling") {
    CHECK(word_of("") == "%");
    CHECK(word_of("a b%\n") == "a%20b%25%0A");
    for (const auto& text : {std::string(), std::string("plain"), std::string("\0\x7f\xff", 3)})
        CHECK(parse_word(word_of(text)).value() == text);
    for (const auto* word : {"", "%4", "%41", "%2g", "%0a", "a b", "%%"}) CHECK_FALSE(parse_word(word));
    CHECK(is_day("2024-02-29"));
    for (const auto* day : {"2023-02-29", "2023-2-09", "2023-13-01", "abcd-01-01", ""})
        CHECK_FALSE(is_day(day));
}
