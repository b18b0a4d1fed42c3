#include "server/node/rpc_reply.h"

#include <algorithm>

#include "server/node/json_scanner.h"
#include "stratum/sha256.h"
#include "stratum/target.h"

namespace server::node {
namespace {

constexpr std::size_t message_letters_max = 300;
constexpr std::int64_t height_max = 0x7fffffff;

template <typename Number>
bool read_number(JsonScanner& in, std::int64_t least, std::int64_t most, Number& out) {
    const auto value = in.integer();
    if (!value || *value < least || *value > most) return false;
    out = static_cast<Number>(*value);
    return true;
}

bool read_hash(JsonScanner& in, stratum::Hash256& out) {
    const auto text = in.string();
    const auto hash = text ? stratum::parse_displayed(*text) : std::nullopt;
    if (hash) out = *hash;
    return hash.has_value();
}

bool read_bits(JsonScanner& in, std::uint32_t& out) {
    const auto text = in.string();
    const auto bits = text && text->size() == 8 ? stratum::parse_hex_u32(*text) : std::nullopt;
    out = bits.value_or(0);
    return bits.has_value();
}

bool read_flag(JsonScanner& in, bool& out) {
    const auto text = in.skip();
    out = text == "true";
    return text == "true" || text == "false";
}

bool read_work(JsonScanner& in, stratum::Uint256& out) {
    const auto text = in.string();
    const auto work = text ? stratum::Uint256::parse_hex(*text) : std::nullopt;
    if (work) out = *work;
    return work.has_value();
}

bool read_error(JsonScanner& in, RpcError& out) {
    std::string_view key;
    in.open_object();
    while (in.next_key(key)) {
        if (key == "code") {
            if (!read_number(in, INT32_MIN, INT32_MAX, out.code)) return false;
        } else if (key == "message") {
            const auto text = in.string();
            if (!text) return false;
            out.message = readable(text->substr(0, message_letters_max));
        } else if (!in.skip()) {
            return false;
        }
    }
    return in.ok();
}

bool read_chain_field(JsonScanner& in, std::string_view key, ChainInfo& out, unsigned& found) {
    if (key == "chain") {
        const auto text = in.string();
        if (!text || text->size() > 16) return false;
        out.chain = readable(*text);
        found |= 1;
        return true;
    }
    if (key == "blocks") {
        found |= 2;
        return read_number(in, 0, height_max, out.height);
    }
    if (key == "bestblockhash") {
        found |= 4;
        return read_hash(in, out.tip);
    }
    if (key == "headers") return read_number(in, 0, height_max, out.headers);
    if (key == "chainwork") return read_work(in, out.work);
    if (key == "initialblockdownload") return read_flag(in, out.initial_download);
    return in.skip().has_value();
}

bool read_header_field(JsonScanner& in, std::string_view key, BlockHeader& out, unsigned& found) {
    if (key == "hash") {
        found |= 1;
        return read_hash(in, out.hash);
    }
    if (key == "confirmations") {
        found |= 2;
        return read_number(in, -1, height_max, out.confirmations);
    }
    if (key == "height") {
        found |= 4;
        return read_number(in, 0, height_max, out.height);
    }
    if (key == "version") {
        std::int64_t version = 0;
        const bool read = read_number(in, INT32_MIN, UINT32_MAX, version);
        out.version = static_cast<std::uint32_t>(version);
        return read;
    }
    // The genesis block has none, or null.
    if (key == "previousblockhash") return in.null() || read_hash(in, out.previous);
    if (key == "merkleroot") return read_hash(in, out.merkle_root);
    if (key == "time") return read_number(in, 0, UINT32_MAX, out.time);
    if (key == "mediantime") return read_number(in, 0, UINT32_MAX, out.median_time);
    // bcoin gives the number itself.
    if (key == "bits")
        return in.peek() == '"' ? read_bits(in, out.nbits) : read_number(in, 0, UINT32_MAX, out.nbits);
    if (key == "nonce") return out.nonce_known = read_number(in, 0, UINT32_MAX, out.nonce);
    return in.skip().has_value();
}

}  // namespace

std::optional<SplitReply> split_reply(std::string_view body) {
    SplitReply out;
    out.result = "null";
    JsonScanner in(body);
    std::string_view key;
    bool any = false;
    in.open_object();
    while (in.next_key(key)) {
        if (key == "error" && !in.null()) {
            if (!read_error(in, out.error.emplace())) return std::nullopt;
            any = true;
        } else if (key == "result") {
            const auto result = in.skip();
            if (!result) return std::nullopt;
            out.result = *result;
            any = true;
        } else if (key != "error" && !in.skip()) {
            return std::nullopt;
        }
    }
    if (!any || !in.at_end()) return std::nullopt;
    return out;
}

std::optional<ChainInfo> parse_chain_info(std::string_view json) {
    ChainInfo out;
    unsigned found = 0;
    JsonScanner in(json);
    std::string_view key;
    in.open_object();
    while (in.next_key(key))
        if (!read_chain_field(in, key, out, found)) return std::nullopt;
    if (!in.at_end() || found != 7) return std::nullopt;
    return out;
}

std::optional<BlockHeader> parse_block_header(std::string_view json) {
    BlockHeader out;
    unsigned found = 0;
    JsonScanner in(json);
    std::string_view key;
    in.open_object();
    while (in.next_key(key))
        if (!read_header_field(in, key, out, found)) return std::nullopt;
    if (!in.at_end() || found != 7) return std::nullopt;
    return out;
}

std::array<std::uint8_t, 80> serialise(const BlockHeader& header) {
    std::array<std::uint8_t, 80> out;
    stratum::store_le32(out.data(), header.version);
    std::copy(header.previous.bytes.begin(), header.previous.bytes.end(), out.begin() + 4);
    std::copy(header.merkle_root.bytes.begin(), header.merkle_root.bytes.end(), out.begin() + 36);
    stratum::store_le32(out.data() + 68, header.time);
    stratum::store_le32(out.data() + 72, header.nbits);
    stratum::store_le32(out.data() + 76, header.nonce);
    return out;
}

bool proves_work(const BlockHeader& header) {
    const auto target = stratum::target_of_nbits(header.nbits);
    return target && stratum::sha256d(serialise(header)) == header.hash &&
           stratum::meets(header.hash, *target);
}

}  // namespace server::node
