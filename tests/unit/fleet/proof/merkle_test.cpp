// Merkle trees against RFC 6962's own leaves; the expected hashes come from a recursive program in Python.

#include "fleet/proof/merkle.h"

#include <random>

#include "fleet/proof/merkle_sum.h"
#include "tests/catch.h"

using namespace fleet::proof;

namespace {

std::vector<Hash> known_leaves() {
    std::vector<Hash> out;
    for (const auto* hex :
         {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"})
        out.push_back(leaf_hash(*bytes_of_hex(hex)));
    return out;
}

std::vector<Hash> some_leaves(std::size_t count) {
    std::vector<Hash> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(leaf_hash("leaf " + std::to_string(i)));
    return out;
}

std::vector<SumNode> some_sums(std::size_t count) {
    std::vector<SumNode> out;
    Integer amount = 7;
    for (std::size_t i = 0; i < count; ++i, amount *= 10)
        out.push_back(*sum_leaf(amount, "leaf " + std::to_string(i)));
    return out;
}

}  // namespace

TEST_CASE("roots of the trees of RFC 6962 are the known ones") {
    const std::vector<std::string> roots{
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    const auto leaves = known_leaves();
    for (std::size_t size = 0; size < roots.size(); ++size)
        CHECK(hex_of(root_of(std::span(leaves).first(size))) == roots[size]);
}

TEST_CASE("all paths in the trees of RFC 6962 are the known ones") {
    const auto leaves = known_leaves();
    std::string inclusion;
    std::string consistency;
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        const auto tree = std::span(leaves).first(size);
        for (std::size_t index = 0; index < size; ++index)
            for (const auto& node : inclusion_path(tree, index)) inclusion += view_of(node);
        for (std::size_t old_size = 1; old_size < size; ++old_size)
            for (const auto& node : consistency_path(tree, old_size)) consistency += view_of(node);
    }
    CHECK(hex_of(sha256(inclusion)) == "9db592d71b0fcd6fc27acf630e1d2b45b00c0ccf50dc5d043a98a4229ed04028");
    CHECK(hex_of(sha256(consistency)) == "5e31f6c5aa9b4dc9531788e5dd4d5f966a0545bef9b4c6d80877e7fade00d249");
}

TEST_CASE("every leaf of every tree up to 70 leaves is included, and no other leaf or place is") {
    const auto leaves = some_leaves(70);
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        const auto tree = std::span(leaves).first(size);
        const TreeView view{size, root_of(tree)};
        for (std::size_t index = 0; index < size; ++index) {
            auto path = inclusion_path(tree, index);
            if (!includes(view, index, leaves[index], path)) FAIL(size << " " << index);
            if (includes(view, index, leaves[(index + 1) % 70], path)) FAIL("other leaf");
            if (size > 1 && includes(view, (index + 1) % size, leaves[index], path)) FAIL("other place");
            if (includes(view, size, leaves[index], path)) FAIL("beyond the end");
            path.push_back(leaves[0]);
            if (includes(view, index, leaves[index], path)) FAIL("longer path");
            path.pop_back();
            for (auto& node : path) {
                node[31] ^= 1U;
                if (includes(view, index, leaves[index], path)) FAIL("bent path");
                node[31] ^= 1U;
            }
            if (path.empty()) continue;
            path.pop_back();
            if (includes(view, index, leaves[index], path)) FAIL("shorter path");
        }
    }
    SUCCEED();
}

TEST_CASE("every tree extends each of its beginnings, and nothing else") {
    const auto leaves = some_leaves(70);
    auto forked = leaves;
    forked[3][0] ^= 1U;
    for (std::size_t size = 0; size <= leaves.size(); ++size) {
        const TreeView newer{size, root_of(std::span(leaves).first(size))};
        for (std::size_t old_size = 0; old_size <= size; ++old_size) {
            const TreeView older{old_size, root_of(std::span(leaves).first(old_size))};
            auto path = consistency_path(std::span(leaves).first(size), old_size);
            if (!extends(newer, older, path)) FAIL(size << " " << old_size);
            if (size > old_size && extends(older, newer, path)) FAIL("backwards");
            const TreeView other{old_size, root_of(std::span(forked).first(old_size))};
            if (old_size > 3 && extends(newer, other, path)) FAIL("forked " << size << " " << old_size);
            for (auto& node : path) {
                node[0] ^= 1U;
                if (extends(newer, older, path)) FAIL("bent path " << size << " " << old_size);
                node[0] ^= 1U;
            }
            path.push_back(leaves[0]);
            if (extends(newer, older, path)) FAIL("longer path " << size << " " << old_size);
        }
    }
    SUCCEED();
}

TEST_CASE("sum trees have the roots that a second program computes") {
    const std::vector<std::pair<std::string, std::string>> roots{
        {"f85fa27d8084556f70985795ac8d29f695d3ae45717d7b90c3b70ea104c62f9f", "7"},
        {"6d1f3dd3fc4d1e9fbd5e12211d69108b0dd3820df6c4da13cee03a1e80446653", "77"},
        {"efda4babe60f72bf8e442d7dd600502e99efc98edc9a966108f92d63a5fba085", "777"},
        {"11e0686a1c1bc589d8ac58ce5e865a4547015feb081506e1b841b62defd72b1c", "7777"},
        {"d98f0d8e3de76cff6adc19ad6f8de491ffe99294ac8742d8cc1cb7c0a7bc5889", "77777"},
        {"a68c3d8ba27eaa23027fb6dcaa27a473acd2546923309ea25b124fdab04ac68d", "777777"},
        {"fe702b2254244c00ed684dcad5129acb1e0bdbdfb574570ec2f51768e1a1fefd", "7777777"},
    };
    const auto leaves = some_sums(roots.size());
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
        const auto root = sum_root_of(std::span(leaves).first(size)).value();
        CHECK(hex_of(root.hash) == roots[size - 1].first);
        CHECK(root.sum.str() == roots[size - 1].second);
    }
}

TEST_CASE("a sum path proves its leaf and amount, and nothing that was bent") {
    const auto all = some_sums(20);
    for (std::size_t size = 1; size <= all.size(); ++size) {
        const auto leaves = std::span(all).first(size);
        const auto root = sum_root_of(leaves).value();
        for (std::size_t index = 0; index < size; ++index) {
            auto path = sum_path(leaves, index);
            if (!sum_includes(root, size, index, leaves[index], path)) FAIL(size << " " << index);
            auto less = leaves[index];
            less.sum -= 1;
            if (sum_includes(root, size, index, less, path)) FAIL("smaller amount");
            auto other = root;
            other.sum += 1;
            if (sum_includes(other, size, index, leaves[index], path)) FAIL("greater total");
            for (auto& node : path) {
                node.sum += 1;
                if (sum_includes(root, size, index, leaves[index], path)) FAIL("bent sum");
                node.sum -= 1;
            }
        }
    }
    SUCCEED();
}

TEST_CASE("amounts that could wrap round are refused in leaves and on the way up") {
    const Integer most = (Integer(1) << sum_leaf_bits) - 1;
    REQUIRE(sum_leaf(most, "a"));
    CHECK_FALSE(sum_leaf(most + 1, "a"));
    const std::vector<SumNode> leaves{*sum_leaf(most, "a"), *sum_leaf(Integer(1) << 191U, "b"),
                                      *sum_leaf(0, "c")};
    const auto root = sum_root_of(leaves).value();
    CHECK(hex_of(root.hash) == "23ea7b89493b4938636d08990d917c6b7ca3b12f1e0f2fc4d035ba4382f1b9d1");
    CHECK(root.sum.str() == "9415652603080021145753684134811499624153533166696051769343");
    // The sum of a neighbour that would bring the total back to one.
    const Integer greatest = std::numeric_limits<Integer>::max();
    CHECK_FALSE(sum_node(leaves[0], SumNode{leaves[1].hash, greatest}));
    CHECK_FALSE(sum_includes(SumNode{{}, 1}, 2, 0, leaves[0], {SumNode{leaves[1].hash, greatest}}));
    CHECK_FALSE(sum_includes(SumNode{leaves[0].hash, most + 1}, 1, 0, SumNode{leaves[0].hash, most + 1}, {}));
}
