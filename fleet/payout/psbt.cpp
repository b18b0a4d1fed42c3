#include "fleet/payout/psbt.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>

namespace fleet::payout {

namespace {

using Map = std::map<Bytes, ByteView>;

constexpr std::array<std::uint8_t, 5> magic{0x70, 0x73, 0x62, 0x74, 0xff};
const Bytes key_unsigned_transaction{0x00};
const Bytes key_version{0xfb};
const Bytes key_previous_transaction{0x00};
const Bytes key_spent_output{0x01};

// One map up to its separator. A key may stand once.
std::optional<Map> read_map(Reader& reader) {
    Map map;
    while (reader.ok()) {
        const auto length = reader.compact_size();
        if (!reader.ok()) return std::nullopt;
        if (length == 0) return map;
        const auto key = reader.take(length);
        const auto value = reader.take(reader.compact_size());
        if (!reader.ok()) return std::nullopt;
        if (!map.emplace(Bytes(key.begin(), key.end()), value).second) return std::nullopt;
    }
    return std::nullopt;
}

struct Spent {
    bool good = true;
    std::optional<Output> output;
};

Spent spent_by(const Input& input, const Map& map) {
    Spent spent;
    if (const auto found = map.find(key_previous_transaction); found != map.end()) {
        const auto previous = parse_transaction(found->second);
        if (!previous || txid_of(*previous) != input.previous.txid ||
            input.previous.index >= previous->outputs.size())
            return {false, {}};
        spent.output = previous->outputs[input.previous.index];
    }
    if (const auto found = map.find(key_spent_output); found != map.end()) {
        Reader reader(found->second);
        const auto amount = reader.little(8);
        const auto script = reader.take(reader.compact_size());
        if (!reader.ok() || reader.left() != 0 || amount > static_cast<std::uint64_t>(money_max_sats))
            return {false, {}};
        const Output stated{{script.begin(), script.end()}, static_cast<std::int64_t>(amount)};
        if (spent.output && *spent.output != stated) return {false, {}};
        spent.output = stated;
    }
    return spent;
}

}  // namespace

std::optional<Psbt> parse_psbt(ByteView bytes) {
    if (bytes.size() > psbt_bytes_max) return std::nullopt;
    Reader reader(bytes);
    const auto start = reader.take(magic.size());
    if (!reader.ok() || !std::equal(start.begin(), start.end(), magic.begin())) return std::nullopt;
    const auto global = read_map(reader);
    if (!global || global->count(key_unsigned_transaction) == 0) return std::nullopt;
    if (const auto version = global->find(key_version); version != global->end()) {
        Reader number(version->second);
        if (number.little(4) != 0 || !number.ok()) return std::nullopt;
    }
    auto transaction = parse_transaction(global->at(key_unsigned_transaction), Witness::without);
    if (!transaction) return std::nullopt;
    Psbt out{std::move(*transaction), {}};
    for (const auto& input : out.unsigned_transaction.inputs) {
        if (!input.script.empty()) return std::nullopt;  // signatures belong into the maps
        const auto map = read_map(reader);
        if (!map) return std::nullopt;
        auto spent = spent_by(input, *map);
        if (!spent.good) return std::nullopt;
        out.spent.push_back(std::move(spent.output));
    }
    for (std::size_t i = 0; i < out.unsigned_transaction.outputs.size(); ++i)
        if (!read_map(reader)) return std::nullopt;
    if (reader.left() != 0) return std::nullopt;
    return out;
}

std::optional<Bytes> bytes_of_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0 || text.size() > psbt_bytes_max / 3 * 4) return std::nullopt;
    Bytes out(text.size() / 4 * 3);
    const auto length = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                        static_cast<int>(text.size()));
    if (length < 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    out.resize(static_cast<std::size_t>(length) - padding);
    // OpenSSL forgives blanks and stray bits; we do not.
    if (base64_of(out) != text) return std::nullopt;
    return out;
}

std::string base64_of(ByteView bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const auto length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(),
                                        static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

}  // namespace fleet::payout
