#include "server/declaration/declared_coinbase.h"

#include <algorithm>
#include <array>

#include "server/node/transaction.h"
#include "stratum/limits.h"

namespace server::declaration {
namespace {

using stratum::Bytes;
using stratum::ByteView;

// version 4, marker and flag 2, count of inputs 1, outpoint 36; then the script's length.
constexpr std::size_t script_length_at = 43;
// count 1, length 1, the reserved value 32.
constexpr std::size_t witness_bytes = 34;
constexpr std::size_t lock_time_bytes = 4;
constexpr std::size_t sequence_bytes = 4;
constexpr std::array<std::uint8_t, 6> commitment_mark{0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed};
constexpr std::size_t commitment_bytes = 38;

CoinbaseFault in_input(std::string reason) { return {true, std::move(reason)}; }
CoinbaseFault in_rest(std::string reason) { return {false, std::move(reason)}; }

bool starts_with(ByteView script, ByteView mark) {
    return script.size() >= mark.size() && std::equal(mark.begin(), mark.end(), script.begin());
}

void read_outputs(const node::ParsedTransaction& coinbase, ByteView payout_script, DeclaredCoinbase& out) {
    for (const auto& output : coinbase.outputs) {
        out.value_sats += output.amount_sats;
        if (std::equal(output.script.begin(), output.script.end(), payout_script.begin(),
                       payout_script.end()))
            out.pool_sats += output.amount_sats;
        if (output.script.size() == commitment_bytes && starts_with(output.script, commitment_mark))
            out.witness_commitment.assign(output.script.begin(), output.script.end());
    }
}

}  // namespace

boost::system::result<DeclaredCoinbase, CoinbaseFault> read_coinbase(ByteView prefix, ByteView suffix,
                                                                     ByteView payout_script) {
    if (prefix.size() <= script_length_at) return in_input("The prefix ends before the script");
    if (suffix.size() <= sequence_bytes + witness_bytes + lock_time_bytes)
        return in_rest("The suffix has no room for outputs and witness");
    const std::size_t script_bytes = prefix[script_length_at];
    const auto script = prefix.subspan(script_length_at + 1);
    if (script_bytes > stratum::coinbase_script_bytes_max || script.size() >= script_bytes ||
        script_bytes - script.size() > stratum::extranonce_bytes_max)
        return in_input("The script leaves no room for an extranonce of 1 to 32 bytes at its end");

    DeclaredCoinbase out;
    out.extranonce_bytes = script_bytes - script.size();
    Bytes whole(prefix.begin(), prefix.end());
    whole.resize(whole.size() + out.extranonce_bytes);
    whole.insert(whole.end(), suffix.begin(), suffix.end());
    const auto parsed = node::parse_transaction(whole);
    if (!parsed) return in_rest("Prefix, extranonce and suffix are no transaction");
    if (!parsed->is_coinbase()) return in_input("The one input must be that of a coinbase");
    if (parsed->inputs[0].script.size() != script_bytes) return in_input("The script has another length");
    const auto& witness = parsed->inputs[0].witness;
    if (witness.size() != 1 || witness[0].size() != 32 ||
        std::any_of(witness[0].begin(), witness[0].end(), [](auto byte) { return byte != 0; }))
        return in_rest("The witness must be one value of 32 zero bytes");
    if (std::any_of(parsed->outputs.begin(), parsed->outputs.end(), [](const auto& output) {
            return output.amount_sats < 0 || output.amount_sats > node::money_max_sats;
        }))
        return in_rest("An output's amount cannot be");
    out.version = stratum::load_le32(prefix.data());
    out.script_prefix.assign(script.begin(), script.end());
    out.sequence = parsed->inputs[0].sequence;
    out.lock_time = parsed->lock_time;
    const auto outputs =
        suffix.subspan(sequence_bytes, suffix.size() - sequence_bytes - witness_bytes - lock_time_bytes);
    out.outputs.assign(outputs.begin(), outputs.end());
    read_outputs(*parsed, payout_script, out);
    if (out.witness_commitment.empty()) return in_rest("No output commits to the witnesses");
    return out;
}

}  // namespace server::declaration
