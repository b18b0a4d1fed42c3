#include "fleet/ledger/transfer.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace fleet::ledger {

const char* name_of(AccountClass account_class) {
    switch (account_class) {
        case AccountClass::asset:
            return "asset";
        case AccountClass::liability:
            return "liability";
        case AccountClass::equity:
            return "equity";
        case AccountClass::income:
            return "income";
        case AccountClass::expense:
            return "expense";
    }
    return "unknown";
}

std::optional<AccountPurpose> find_purpose(std::string_view purpose) {
    const auto found = std::find_if(chart_of_accounts.begin(), chart_of_accounts.end(),
                                    [&](const AccountPurpose& entry) { return entry.purpose == purpose; });
    if (found == chart_of_accounts.end()) return std::nullopt;
    return *found;
}

std::string transfer_id(std::string_view source_kind, std::string_view source_id, std::string_view code,
                        std::string_view line) {
    // Each part with its length before it, so that no two lists of parts give the same text.
    std::string text = "hashyard transfer 1";
    for (const auto part : {source_kind, source_id, code, line})
        text += "|" + std::to_string(part.size()) + ":" + std::string(part);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("ledger: SHA-256 is not available");
    // RFC 9562, version 8: the other 122 bits are ours.
    digest[6] = static_cast<unsigned char>((digest[6] & 0x0fU) | 0x80U);
    digest[8] = static_cast<unsigned char>((digest[8] & 0x3fU) | 0x80U);
    static constexpr std::string_view letters = "0123456789abcdef";
    std::string id;
    id.reserve(32);
    for (std::size_t i = 0; i < 16; ++i) {
        id += letters[digest.at(i) >> 4U];
        id += letters[digest.at(i) & 15U];
    }
    return id;
}

Transfer reversal_of(const Transfer& original, std::int64_t event_at_us, std::string_view memo) {
    Transfer reversal = original;
    std::swap(reversal.debit, reversal.credit);
    reversal.id = transfer_id("reversal", original.id, original.code, "");
    reversal.code = "reversal";
    reversal.event_at_us = event_at_us;
    reversal.reverses = original.id;
    reversal.memo = memo;
    return reversal;
}

}  // namespace fleet::ledger
