#include "server/node/transaction.h"

#include "stratum/sha256.h"

namespace server::node {
namespace {

using stratum::ByteReader;
using stratum::ByteView;

constexpr std::size_t input_bytes_min = 41;  // previous output 36, empty script 1, sequence 4
constexpr std::size_t output_bytes_min = 9;  // amount 8, empty script 1

// Reads a count of things of at least `bytes_min` each; a count that cannot fit ends the reader.
std::uint64_t read_count(ByteReader& reader, std::size_t bytes_min) {
    const auto count = reader.compact_size();
    if (count > reader.left() / bytes_min) static_cast<void>(reader.bytes(reader.left() + 1));
    return reader.ok() ? count : 0;
}

ByteView read_string(ByteReader& reader) { return reader.bytes(reader.compact_size()); }

// Marker and flag of BIP144; reads nothing when they are not there.
bool read_segwit_mark(ByteReader& reader) {
    ByteReader ahead = reader;
    if (ahead.u8() != 0 || ahead.u8() != 1 || !ahead.ok()) return false;
    reader = ahead;
    return true;
}

void skip_inputs_and_outputs(ByteReader& reader, std::uint64_t& inputs) {
    inputs = read_count(reader, input_bytes_min);
    for (std::uint64_t i = 0; i < inputs && reader.ok(); ++i) {
        static_cast<void>(reader.bytes(36));
        static_cast<void>(read_string(reader));
        static_cast<void>(reader.bytes(4));
    }
    const auto outputs = read_count(reader, output_bytes_min);
    for (std::uint64_t i = 0; i < outputs && reader.ok(); ++i) {
        static_cast<void>(reader.bytes(8));
        static_cast<void>(read_string(reader));
    }
    // Neither side may be empty; ending the reader is how the caller learns.
    if (inputs == 0 || outputs == 0) static_cast<void>(reader.bytes(reader.left() + 1));
}

// False when every witness is empty: BIP144 wants the short form then.
bool skip_witnesses(ByteReader& reader, std::uint64_t inputs) {
    bool any = false;
    for (std::uint64_t i = 0; i < inputs && reader.ok(); ++i) {
        const auto items = read_count(reader, 1);
        any = any || items != 0;
        for (std::uint64_t k = 0; k < items && reader.ok(); ++k) static_cast<void>(read_string(reader));
    }
    return any;
}

}  // namespace

std::optional<ParsedTransaction> read_transaction(ByteReader& reader) {
    ParsedTransaction out;
    const auto left_at_start = reader.left();
    static_cast<void>(reader.le32());
    out.has_witness = read_segwit_mark(reader);
    const auto inputs = read_count(reader, input_bytes_min);
    for (std::uint64_t i = 0; i < inputs && reader.ok(); ++i) {
        TransactionInput input;
        const auto txid = reader.bytes(32);
        if (txid.size() == 32) std::copy(txid.begin(), txid.end(), input.previous.txid.bytes.begin());
        input.previous.index = reader.le32();
        input.script = read_string(reader);
        input.sequence = reader.le32();
        out.inputs.push_back(std::move(input));
    }
    const auto outputs = read_count(reader, output_bytes_min);
    for (std::uint64_t i = 0; i < outputs && reader.ok(); ++i) {
        const auto amount_sats = static_cast<std::int64_t>(reader.le64());
        out.outputs.push_back({amount_sats, read_string(reader)});
    }
    const auto left_before_witness = reader.left();
    bool any_witness = false;
    for (std::size_t i = 0; out.has_witness && i < out.inputs.size() && reader.ok(); ++i) {
        const auto items = read_count(reader, 1);
        any_witness = any_witness || items != 0;
        for (std::uint64_t k = 0; k < items && reader.ok(); ++k)
            out.inputs[i].witness.push_back(read_string(reader));
    }
    const auto witness_bytes = out.has_witness ? left_before_witness - reader.left() + 2 : 0;
    out.lock_time = reader.le32();
    if (!reader.ok() || out.inputs.empty() || out.outputs.empty() || any_witness != out.has_witness)
        return std::nullopt;
    out.bytes = left_at_start - reader.left();
    out.bytes_stripped = out.bytes - witness_bytes;
    return out;
}

std::optional<ParsedTransaction> parse_transaction(ByteView data) {
    ByteReader reader(data);
    auto out = read_transaction(reader);
    if (!out || reader.left() != 0) return std::nullopt;
    return out;
}

std::optional<TransactionHashes> hash_transaction(ByteView data, stratum::Bytes& scratch) {
    ByteReader reader(data);
    static_cast<void>(reader.le32());
    const bool segwit = read_segwit_mark(reader);
    const std::size_t body_at = segwit ? 6 : 4;
    std::uint64_t inputs = 0;
    skip_inputs_and_outputs(reader, inputs);
    if (!reader.ok()) return std::nullopt;
    const auto body_end = data.size() - reader.left();
    if (segwit && !skip_witnesses(reader, inputs)) return std::nullopt;
    static_cast<void>(reader.le32());
    if (!reader.ok() || reader.left() != 0) return std::nullopt;

    TransactionHashes out;
    out.has_witness = segwit;
    out.wtxid = stratum::sha256d(data);
    if (!segwit) {
        out.txid = out.wtxid;
        out.weight = 4 * data.size();
        return out;
    }
    scratch.assign(data.begin(), data.begin() + 4);
    scratch.insert(scratch.end(), data.begin() + static_cast<std::ptrdiff_t>(body_at),
                   data.begin() + static_cast<std::ptrdiff_t>(body_end));
    scratch.insert(scratch.end(), data.end() - 4, data.end());
    out.txid = stratum::sha256d(scratch);
    out.weight = 3 * scratch.size() + data.size();
    return out;
}

}  // namespace server::node
