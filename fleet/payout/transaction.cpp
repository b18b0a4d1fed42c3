#include "fleet/payout/transaction.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace fleet::payout {

namespace {

using Hash = std::array<std::uint8_t, 32>;

Hash sha256(ByteView bytes) {
    Hash out{};
    unsigned length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("SHA-256 is not available");
    return out;
}

std::string displayed(ByteView hash) {
    Bytes turned(hash.begin(), hash.end());
    std::reverse(turned.begin(), turned.end());
    return hex_of(turned);
}

void put_little(Bytes& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put_size(Bytes& out, std::uint64_t size) {
    if (size < 0xfd) return put_little(out, size, 1);
    if (size <= 0xffff) {
        out.push_back(0xfd);
        return put_little(out, size, 2);
    }
    out.push_back(0xfe);
    put_little(out, size, 4);
}

void put_bytes(Bytes& out, ByteView bytes) {
    put_size(out, bytes.size());
    out.insert(out.end(), bytes.begin(), bytes.end());
}

bool has_witness(const Transaction& transaction) {
    return std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                       [](const Input& input) { return !input.witness.empty(); });
}

Bytes take_bytes(Reader& reader) {
    const auto view = reader.take(reader.compact_size());
    return {view.begin(), view.end()};
}

// The shortest input is 41 bytes, the shortest output 9: no count beyond what can follow is believed.
bool read_inputs(Reader& reader, std::uint64_t count, Transaction& out) {
    if (count > reader.left() / 41) return false;
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        Input input;
        input.previous.txid = displayed(reader.take(32));
        input.previous.index = static_cast<std::uint32_t>(reader.little(4));
        input.script = take_bytes(reader);
        input.sequence = static_cast<std::uint32_t>(reader.little(4));
        out.inputs.push_back(std::move(input));
    }
    return reader.ok();
}

bool read_outputs(Reader& reader, Transaction& out) {
    const auto count = reader.compact_size();
    if (count > reader.left() / 9) return false;
    std::int64_t sum_sats = 0;
    for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
        Output output;
        const auto amount = reader.little(8);
        if (amount > static_cast<std::uint64_t>(money_max_sats)) return false;
        output.amount_sats = static_cast<std::int64_t>(amount);
        sum_sats += output.amount_sats;
        if (sum_sats > money_max_sats) return false;
        output.script = take_bytes(reader);
        out.outputs.push_back(std::move(output));
    }
    return reader.ok() && !out.outputs.empty();
}

bool read_witnesses(Reader& reader, Transaction& out) {
    for (auto& input : out.inputs) {
        const auto count = reader.compact_size();
        if (count > reader.left()) return false;
        for (std::uint64_t i = 0; i < count && reader.ok(); ++i) input.witness.push_back(take_bytes(reader));
    }
    return reader.ok() && has_witness(out);  // a marker without any witness is not canonical
}

}  // namespace

std::uint64_t Reader::little(int bytes) {
    const auto view = take(static_cast<std::uint64_t>(bytes));
    std::uint64_t value = 0;
    for (std::size_t i = view.size(); i-- > 0;) value = value << 8 | view[i];
    return value;
}

std::uint64_t Reader::compact_size() {
    const auto first = little(1);
    if (first < 0xfd) return first;
    const int bytes = first == 0xfd ? 2 : first == 0xfe ? 4 : 8;
    const auto value = little(bytes);
    const std::uint64_t least = first == 0xfd ? 0xfd : first == 0xfe ? 0x10000 : 0x100000000;
    if (value < least) ok_ = false;
    return ok_ ? value : 0;
}

ByteView Reader::take(std::uint64_t count) {
    if (!ok_ || count > left()) {
        ok_ = false;
        return {};
    }
    const auto view = bytes_.subspan(at_, static_cast<std::size_t>(count));
    at_ += static_cast<std::size_t>(count);
    return view;
}

std::optional<Transaction> parse_transaction(ByteView bytes, Witness witness) {
    if (bytes.size() > transaction_bytes_max) return std::nullopt;
    Reader reader(bytes);
    Transaction out;
    out.version = static_cast<std::uint32_t>(reader.little(4));
    auto count = reader.compact_size();
    bool marked = false;
    if (count == 0 && witness == Witness::with) {
        if (reader.little(1) != 1) return std::nullopt;
        marked = true;
        count = reader.compact_size();
    }
    if (count == 0 || !read_inputs(reader, count, out) || !read_outputs(reader, out)) return std::nullopt;
    if (marked && !read_witnesses(reader, out)) return std::nullopt;
    out.lock_time = static_cast<std::uint32_t>(reader.little(4));
    if (!reader.ok() || reader.left() != 0) return std::nullopt;
    return out;
}

Bytes bytes_of(const Transaction& transaction, Witness witness) {
    const bool marked = witness == Witness::with && has_witness(transaction);
    Bytes out;
    put_little(out, transaction.version, 4);
    if (marked) out.insert(out.end(), {0, 1});
    put_size(out, transaction.inputs.size());
    for (const auto& input : transaction.inputs) {
        auto txid = bytes_of_hex(input.previous.txid).value_or(Bytes());
        txid.resize(32);
        out.insert(out.end(), txid.rbegin(), txid.rend());
        put_little(out, input.previous.index, 4);
        put_bytes(out, input.script);
        put_little(out, input.sequence, 4);
    }
    put_size(out, transaction.outputs.size());
    for (const auto& output : transaction.outputs) {
        put_little(out, static_cast<std::uint64_t>(output.amount_sats), 8);
        put_bytes(out, output.script);
    }
    if (marked) {
        for (const auto& input : transaction.inputs) {
            put_size(out, input.witness.size());
            for (const auto& item : input.witness) put_bytes(out, item);
        }
    }
    put_little(out, transaction.lock_time, 4);
    return out;
}

std::string txid_of(const Transaction& transaction) {
    return displayed(sha256(sha256(bytes_of(transaction, Witness::without))));
}

std::size_t weight_of(const Transaction& transaction) {
    return 3 * bytes_of(transaction, Witness::without).size() + bytes_of(transaction).size();
}

std::string hex_of(ByteView bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::optional<Bytes> bytes_of_hex(std::string_view hex) {
    const auto digit = [](char letter) {
        if (letter >= '0' && letter <= '9') return letter - '0';
        if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
        if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
        return -1;
    };
    if (hex.size() % 2 != 0) return std::nullopt;
    Bytes out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = digit(hex[i]);
        const int low = digit(hex[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return out;
}

}  // namespace fleet::payout
