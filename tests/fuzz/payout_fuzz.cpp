// Whatever a wallet or a signer hands back: parsers do not crash, and what they take comes back unchanged.

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "fleet/payout/psbt.h"

using namespace fleet::payout;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes(data, size);
    if (const auto transaction = parse_transaction(bytes)) {
        const auto again = bytes_of(*transaction);
        if (again.size() != size || !std::equal(again.begin(), again.end(), data)) std::abort();
        if (weight_of(*transaction) > 4 * size) std::abort();
    }
    if (const auto psbt = parse_psbt(bytes)) {
        if (psbt->spent.size() != psbt->unsigned_transaction.inputs.size()) std::abort();
        if (bytes_of_base64(base64_of(bytes)) != Bytes(bytes.begin(), bytes.end())) std::abort();
    }
    return 0;
}
