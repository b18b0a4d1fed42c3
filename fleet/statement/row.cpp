#include "fleet/statement/row.h"

namespace fleet::statement {

const char* name_of(Component component) {
    switch (component) {
        case Component::subsidy:
            return "subsidy";
        case Component::fee:
            return "fee";
        case Component::aux:
            return "aux";
        case Component::bonus:
            return "bonus";
        case Component::adjust:
            return "adjust";
    }
    return "unknown";
}

std::string name_of_party(const std::string& party) {
    const auto colon = party.find(':');
    return colon == std::string::npos ? party : party.substr(colon + 1);
}

std::string description_of(const StatementRow& row) {
    std::string out = row.code;
    if (row.block) out += ", block " + std::to_string(row.block->height);
    if (row.payout) out += " to " + row.payout->address + ", txid " + row.payout->txid;
    out += ", " + row.amount.str() + " base units of " + row.asset + ", transfer " + row.transfer_id;
    if (!row.reverses.empty()) out += ", takes back " + row.reverses;
    return out;
}

}  // namespace fleet::statement
