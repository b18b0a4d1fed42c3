#pragma once
// tests/vectors/stratum_v2.json, and messages filled from its lists of fields.

#include "tests/catch.h"
#include <deque>
#include <nlohmann/json.hpp>
#include <string>

#include "stratum/v2/message.h"

namespace stratum::v2 {

// The whole file, read once.
const nlohmann::json& vectors();

inline Bytes bytes_of(const std::string& hex) {
    const auto bytes = parse_hex(hex);
    REQUIRE(bytes);
    return *bytes;
}

inline std::string hex_of(std::string_view bytes) { return to_hex(view_of(bytes)); }

// Walks a message's fields beside a vector's list of them: type and order have to agree. The filled message
// views bytes that live as long as this object.
class Filler {
  public:
    explicit Filler(const nlohmann::json& fields) : fields_(fields) {}
    [[nodiscard]] bool at_end() const { return next_ == fields_.size(); }

    void u8(std::uint8_t& out) { number("U8", out); }
    void u16(std::uint16_t& out) { number("U16", out); }
    void u32(std::uint32_t& out) { number("U32", out); }
    void u64(std::uint64_t& out) { number("U64", out); }
    void hash_rate(float& out) { number("F32", out); }
    void boolean(bool& out) { number("BOOL", out); }
    void u256(Hash256& out) { REQUIRE(decode_hex(value("U256").get<std::string>(), out.bytes)); }
    void u256(Uint256& out) {
        Hash256 raw;
        u256(raw);
        out = Uint256::from_hash(raw);
    }
    void str0_255(std::string_view& out) {
        texts_.push_back(value("STR0_255").get<std::string>());
        out = texts_.back();
    }
    void b0_255(ByteView& out) { out = kept(value("B0_255")); }
    void b0_32(ByteView& out) { out = kept(value("B0_32")); }
    void b0_64k(ByteView& out) { out = kept(value("B0_64K")); }
    void seq0_255(std::span<const Hash256>& out) { hashes("SEQ0_255[U256]", out); }
    void seq0_64k(std::span<const Hash256>& out) { hashes("SEQ0_64K[U256]", out); }
    void seq0_64k(std::vector<std::uint16_t>& out) { number("SEQ0_64K[U16]", out); }
    void seq0_64k(std::vector<std::uint32_t>& out) { number("SEQ0_64K[U32]", out); }
    void seq0_64k_b0_16m(std::vector<ByteView>& out) {
        for (const auto& item : value("SEQ0_64K[B0_16M]")) out.push_back(kept(item));
    }
    void option(std::optional<std::uint32_t>& out) {
        const auto& given = value("OPTION[U32]");
        if (!given.is_null()) out = given.get<std::uint32_t>();
    }
    void rest(ByteView&) {}

  private:
    const nlohmann::json& value(const char* type) {
        REQUIRE(next_ < fields_.size());
        const auto& field = fields_[next_++];
        CAPTURE(field);
        REQUIRE(field["type"] == type);
        return field["value"];
    }
    void number(const char* type, auto& out) { value(type).get_to(out); }
    ByteView kept(const nlohmann::json& hex) {
        kept_.push_back(bytes_of(hex.get<std::string>()));
        return kept_.back();
    }
    void hashes(const char* type, std::span<const Hash256>& out) {
        std::vector<Hash256> items;
        for (const auto& item : value(type))
            REQUIRE(decode_hex(item.get<std::string>(), items.emplace_back().bytes));
        hashes_.push_back(std::move(items));
        out = hashes_.back();
    }

    const nlohmann::json& fields_;
    std::size_t next_ = 0;
    std::deque<std::string> texts_;
    std::deque<Bytes> kept_;
    std::deque<std::vector<Hash256>> hashes_;
};

}  // namespace stratum::v2
