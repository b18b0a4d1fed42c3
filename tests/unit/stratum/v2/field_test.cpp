#include "stratum/v2/field.h"

#include "tests/unit/stratum/v2/key_world.h"

using namespace stratum;
using namespace stratum::v2;

namespace {

constexpr const char* p_hex = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";

Field field_of(const std::string& hex) { return Field::from_bytes(array_of<32>(hex)); }

// Random numbers and the ones beside the edges of limbs and of p.
std::vector<Field> samples() {
    std::vector<Field> out{Field{}, Field{1}, Field{2}, Field{7}, -Field{1}, -Field{2}, Field{0x1000003d1}};
    for (std::size_t limb = 0; limb < 4; ++limb) {
        std::array<std::uint64_t, 4> limbs{};
        limbs[limb] = limb == 3 ? 0xfffffffffffffffe : ~0ULL;
        out.emplace_back(limbs[0], limbs[1], limbs[2], limbs[3]);
        out.push_back(-out.back());
    }
    SeededBytes random(1);
    for (int i = 0; i < 50; ++i) {
        std::array<std::uint8_t, 32> bytes;
        random(bytes);
        out.push_back(Field::from_bytes(bytes));
    }
    return out;
}

}  // namespace

TEST_CASE("Numbers of the field are read modulo p and written whole") {
    CHECK(field_of(p_hex).is_zero());
    CHECK(field_of("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30") == Field{1});
    CHECK(field_of(std::string(64, 'f')) == Field{0x1000003d0});
    CHECK(to_hex((-Field{1}).bytes()) == "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e");
    for (const auto& a : samples()) CHECK(Field::from_bytes(a.bytes()) == a);
}

TEST_CASE("The field keeps the laws of arithmetic") {
    const auto all = samples();
    for (const auto& a : all) {
        CHECK((a - a).is_zero());
        CHECK((a + -a).is_zero());
        CHECK(a.half() + a.half() == a);
        CHECK(a.square() == a * a);
        CHECK(a * a.inverse() == (a.is_zero() ? Field{} : Field{1}));
        for (const auto& b : all) {
            CHECK(a + b == b + a);
            CHECK((a - b) + b == a);
            CHECK(a * b == b * a);
            CHECK((a + b) * (a - b) == a.square() - b.square());
            for (const auto& c : {all[3], all[20], all[40]}) {
                CHECK(a * (b + c) == a * b + a * c);
                CHECK((a * b) * c == a * (b * c));
            }
        }
    }
}

TEST_CASE("Roots are squares themselves, and a square or its negation has one") {
    for (const auto& a : samples()) {
        const auto root = a.square().root();
        REQUIRE(root);
        CHECK((*root == a || *root == -a));
        CHECK(root->root().has_value());
        if (!a.is_zero()) CHECK(a.root().has_value() != (-a).root().has_value());
        for (const auto& b : samples()) {
            if (b.is_zero()) continue;
            const auto ratio = Field::root_of_ratio(a, b);
            CHECK(ratio == (a * b.inverse()).root());
        }
    }
}
