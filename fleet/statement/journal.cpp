#include "fleet/statement/journal.h"

#include <algorithm>

namespace fleet::statement {

namespace {

using ledger::AccountKey;

constexpr std::int64_t day_length_us = 86'400'000'000;

std::int64_t day_of(std::int64_t at_us) {
    const auto rest = at_us % day_length_us;
    return at_us - (rest < 0 ? rest + day_length_us : rest);
}

bool is_letter(char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'); }
bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

// Letters, digits and `kept` stand for themselves, every other byte is `escape` and two digits.
std::string encoded(std::string_view text, char escape, std::string_view kept) {
    constexpr std::string_view hexadecimal = "0123456789ABCDEF";
    std::string out;
    for (const char letter : text) {
        if (is_letter(letter) || is_digit(letter) || kept.find(letter) != std::string_view::npos) {
            out += letter;
            continue;
        }
        const auto byte = static_cast<unsigned char>(letter);
        out += escape;
        out += hexadecimal[byte >> 4];
        out += hexadecimal[byte & 0xfU];
    }
    return out;
}

// Free text: nothing that ends a comment, a tag or a string.
std::string harmless(std::string_view text) { return encoded(text, '%', " -_./:+()#="); }

// A word of ours, as beancount wants its accounts: user_immature is User-immature.
std::string capitalized(std::string_view word) {
    std::string out(word);
    std::replace(out.begin(), out.end(), '_', '-');
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
}

std::string root_of(JournalStyle style, const AccountKey& account) {
    const auto purpose = ledger::find_purpose(account.purpose);
    std::string root = purpose ? name_of(purpose->account_class) : "equity";
    if (root == "asset" || root == "expense") root += "s";
    if (root == "liability") root = "liabilities";
    return style == JournalStyle::beancount ? capitalized(root) : root;
}

// hledger wants the symbol in quotes when it has digits.
std::string symbol(JournalStyle style, const std::string& asset) {
    const bool quoted = style == JournalStyle::hledger && std::any_of(asset.begin(), asset.end(), is_digit);
    return quoted ? "\"" + asset + "\"" : asset;
}

}  // namespace

std::string Journal::account_name(JournalStyle style, const AccountKey& account) {
    const bool beancount = style == JournalStyle::beancount;
    const auto word = [&](std::string_view text) {
        return beancount ? capitalized(text) : std::string(text);
    };
    const auto name = [&](std::string_view text) {
        return beancount ? "N-" + encoded(text, '-', "") : encoded(text, '%', "-_.");
    };
    std::string out = root_of(style, account) + ":" + word(account.purpose);
    if (const auto colon = account.party.find(':'); colon != std::string::npos)
        out += ":" + word(account.party.substr(0, colon)) + ":" + name(account.party.substr(colon + 1));
    if (!account.detail.empty()) out += ":" + name(account.detail);
    return out;
}

Journal::Journal(JournalStyle style, const std::vector<AccountKey>& accounts,
                 const std::map<std::string, unsigned>& scales, std::int64_t first_day_us)
    : style_(style), accounts_(accounts), scales_(scales), first_day_us_(day_of(first_day_us)) {}

std::string Journal::amount_text(const Signed& amount, unsigned scale, const std::string& asset) const {
    return decimal_text(amount, scale) + " " + symbol(style_, asset);
}

void Journal::begin(std::string& out) const {
    std::set<std::string> names;
    for (const auto& account : accounts_) names.insert(account_name(style_, account));
    if (style_ == JournalStyle::hledger) {
        out += "; The ledger of Hashyard. Debits are positive.\ndecimal-mark .\n";
        for (const auto& [asset, scale] : scales_)
            out += "commodity " + decimal_text(Signed(1000) * pow(Signed(10), scale), scale) +
                   (scale == 0 ? ". " : " ") + symbol(style_, asset) + "\n";
        for (const auto& name : names) out += "account " + name + "\n";
    } else {
        out += "; The ledger of Hashyard. Debits are positive.\n";
        const auto day = iso_date(first_day_us_);
        for (const auto& [asset, scale] : scales_) out += day + " commodity " + asset + "\n";
        for (const auto& name : names) out += day + " open " + name + "\n";
    }
}

void Journal::add_price(std::string& out, const std::string& asset, const std::string& currency,
                        const std::string& price, std::int64_t at_us) const {
    if (style_ == JournalStyle::hledger)
        out += "P " + time_text(at_us, "Y-M-D h:m:s") + " " + symbol(style_, asset) + " " + price + " " +
               symbol(style_, currency) + "\n";
    else
        out += iso_date(at_us) + " price " + asset + " " + price + " " + currency + "\n";
}

void Journal::move(const AccountKey& account, const Signed& amount, unsigned scale) {
    auto& standing = standing_[account];
    standing.balance += amount;
    standing.scale = scale;
    moved_.insert(account);
}

void Journal::add(std::string& out, const JournalTransfer& booked) {
    const auto& transfer = booked.transfer;
    if (const auto day = day_of(booked.booked_at_us); day != day_us_) {
        assert_day(out);
        day_us_ = day;
    }
    const Signed amount = signed_of(transfer.amount);
    const auto date = iso_date(booked.booked_at_us);
    const auto debit = account_name(style_, transfer.debit);
    const auto credit = account_name(style_, transfer.credit);
    const auto plus = amount_text(amount, booked.scale, transfer.debit.asset);
    const auto minus = amount_text(-amount, booked.scale, transfer.debit.asset);
    std::vector<std::pair<std::string, std::string>> tags{
        {"number", std::to_string(booked.number)},
        {"transfer", transfer.id},
        {"event", iso_time(transfer.event_at_us)},
        {"period", booked.period},
        {"source", transfer.source_kind + " " + transfer.source_id}};
    if (!transfer.reverses.empty()) tags.emplace_back("reverses", transfer.reverses);
    if (!transfer.memo.empty()) tags.emplace_back("memo", transfer.memo);
    if (style_ == JournalStyle::hledger) {
        out += "\n" + date + " * " + harmless(transfer.code) + "\n";
        for (const auto& [tag, value] : tags) out += "    ; " + tag + ": " + harmless(value) + "\n";
        out += "    " + debit + "  " + plus + "\n    " + credit + "  " + minus + "\n";
    } else {
        out += "\n" + date + " * \"" + harmless(transfer.code) + "\"\n";
        for (const auto& [tag, value] : tags) out += "  " + tag + ": \"" + harmless(value) + "\"\n";
        out += "  " + debit + "  " + plus + "\n  " + credit + "  " + minus + "\n";
    }
    move(transfer.debit, amount, booked.scale);
    move(transfer.credit, -amount, booked.scale);
}

// beancount looks at a balance at the beginning of a day, so the end of one is the next.
void Journal::assert_day(std::string& out) {
    if (moved_.empty()) return;
    if (style_ == JournalStyle::hledger) {
        out += "\n" + iso_date(day_us_) + " * end of day\n";
        for (const auto& account : moved_) {
            const auto& standing = standing_[account];
            out += "    " + account_name(style_, account) + "  " +
                   amount_text(0, standing.scale, account.asset) + " = " +
                   amount_text(standing.balance, standing.scale, account.asset) + "\n";
        }
    } else {
        out += "\n";
        for (const auto& account : moved_) {
            const auto& standing = standing_[account];
            out += iso_date(day_us_ + day_length_us) + " balance " + account_name(style_, account) + "  " +
                   decimal_text(standing.balance, standing.scale) + " ~ 0 " + account.asset + "\n";
        }
    }
    moved_.clear();
}

void Journal::end(std::string& out) { assert_day(out); }

}  // namespace fleet::statement
