// What people do in the simulated world: terms, addresses, quarantines, closing months, backups and restores.

#include "server/store/block_postings.h"
#include "server/store/ledger.h"
#include "server/store/periods.h"
#include "server/store/transaction.h"
#include "server/store/users.h"
#include "server/wallet/runner.h"
#include "stratum/address.h"
#include "tests/sim/money/money_world.h"
#include "tests/sim/require.h"

namespace sim {

namespace store = server::store;

namespace {

// Beside the wire: making and dropping whole databases.
void administer(const std::string& sql) {
    pqxx::connection connection("host='" + integration::shared_cluster().socket_dir().string() +
                                "' user=hashyard dbname=postgres");
    pqxx::nontransaction direct(connection);
    direct.exec("select pg_terminate_backend(pid) from pg_stat_activity where datname like 'money_%'");
    direct.exec(sql);
}

}  // namespace

void MoneyWorld::decide(const std::string& path, Decision decision) {
    act(path, decision.step);
    if (decision.effect) decision.effect();
    decision.day = day_;
    decisions_.push_back(std::move(decision));
}

void MoneyWorld::people() {
    if (one_in(random_, 12)) set_terms();
    if (one_in(random_, 20)) change_address();
    if (one_in(random_, 15)) hold_payee();
    close_month();
}

void MoneyWorld::set_terms() {
    const auto user = user_names()[random_() % user_names().size()];
    ModelTerms terms;
    terms.valid_from_us = first_day_us + (day_ + 1) * day_us;
    if (user.starts_with("farm")) {
        terms.role = one_in(random_, 5) ? "participant" : "own";
    } else if (user == "host") {
        terms.role = "consigned";
        terms.owner = one_in(random_, 2) ? "north" : "south";
    } else {
        if (one_in(random_, 2)) terms.fee_basis_points = static_cast<int>(random_() % 400);
        if (one_in(random_, 3)) terms.donation_basis_points = static_cast<int>(random_() % 2000);
    }
    store::SetTerms told;
    told.user = user;
    told.by = "operator";
    told.valid_from_us = terms.valid_from_us;
    told.terms.role = *fleet::ledger::parse_user_role(terms.role);
    told.terms.owner = terms.owner;
    if (terms.fee_basis_points >= 0)
        told.terms.fee_basis_points = static_cast<unsigned>(terms.fee_basis_points);
    told.terms.donation_basis_points = static_cast<unsigned>(terms.donation_basis_points);
    decide("terms", {0,
                     [this, told] {
                         // Twice, as a double click does: the second finds the first.
                         const auto first = store::set_user_terms(*database_, told);
                         if (!first) return false;
                         const auto again = store::set_user_terms(*database_, told);
                         require(!again || !again->empty(), "terms are set once");
                         return again.has_value();
                     },
                     [this, user, terms] { model_.terms[user].push_back(terms); }});
}

void MoneyWorld::change_address() {
    const auto user = user_names()[random_() % user_names().size()];
    address_of_[user] = static_cast<int>(addresses_of_[user].size());
    addresses_of_[user].insert(address_of_[user]);
    const auto address = stratum::address_of_script(script_of(user), stratum::Network::regtest);
    decide("address",
           {0, [this, user, address] { return store::register_user(*database_, user, address).has_value(); },
            nullptr});
}

void MoneyWorld::hold_payee() {
    const auto party = "user:" + user_names()[random_() % user_names().size()];
    const bool lift = one_in(random_, 2);
    decide("hold", {0,
                    [this, party, lift] {
                        return (lift ? store::release_payee(*database_, party, "operator")
                                     : store::quarantine_payee(*database_, party, "asks", "operator"))
                            .has_value();
                    },
                    nullptr});
}

// The oldest open month, some days after it ended. Twice: the second is refused.
void MoneyWorld::close_month() {
    const auto all = store::periods(*database_).value();
    for (const auto& period : all) {
        if (period.state != "open") continue;
        if (period.period >= month_of(now_us_ - 5 * day_us)) return;
        act("close", [this, &period] {
            const auto closed = store::close_period(*database_, period.period, "accountant", now_us_);
            if (!closed) return false;
            const auto again = store::close_period(*database_, period.period, "accountant", now_us_);
            require(!again || !again->refused.empty(), "a month is closed once");
            return again.has_value();
        });
        ++counts_.months;
        return;
    }
}

void MoneyWorld::copy_database() {
    importer_.reset();
    database_.reset();
    if (copy_) administer("drop database " + copy_->name);
    const auto base = database_name_.substr(0, database_name_.rfind('_'));
    const auto name = base + "_" + std::to_string(++databases_made_);
    administer("create database " + name + " template " + database_name_);
    copy_ = Copy{name, day_, model_, batches_, decisions_.size()};
    connect();
}

// The database is lost and comes back as the copy was; the journal, the chain and the data folder are of
// today.
void MoneyWorld::restore() {
    ++counts_.restores;
    const auto before = earned();
    importer_.reset();
    database_.reset();
    administer("drop database " + database_name_);
    database_name_ = copy_->name;
    const auto shares = model_.shares;
    const auto blocks = model_.blocks;
    model_ = copy_->model;
    batches_ = copy_->batches;
    model_.shares = shares;
    for (const auto& [hash, block] : blocks) {
        if (model_.blocks.count(hash) != 0) continue;
        auto& fresh = model_.blocks[hash];
        fresh.reward = block.reward;
        fresh.finder = block.finder;
        fresh.job_issued_at_us = block.job_issued_at_us;
    }
    const auto decided = copy_->decisions;
    const int since = copy_->day;
    copy_.reset();
    connect();
    const int sent = wallet_.sent();
    note_batches();
    step_payouts();
    require(wallet_.sent() == sent || store::active_freezes(*database_).value().empty(),
            "nothing is sent from a restored database before its copies are adopted");
    import();
    for (std::size_t i = decided; i < decisions_.size(); ++i) {
        act("told again", decisions_[i].step);
        if (decisions_[i].effect) decisions_[i].effect();
    }
    for (const auto& [hash, block] : found_)
        if (block.changed >= since) tell(hash, block.fate);
    adopt_all();
    wallet_.forget_waiting();
    for (int i = 0; i < 14; ++i) {
        now_us_ += 1'000'000;
        step_payouts();
        wallet_.mine(2);
    }
    compare();
    compare_chain();
    const auto after = earned();
    for (const auto& user : user_names()) {
        const auto party = "user:" + user;
        const auto had = before.count(party) != 0 ? before.at(party) : Number(0);
        const auto has = after.count(party) != 0 ? after.at(party) : Number(0);
        require(had == has, party + " had earned " + had.str() + " and now " + has.str());
    }
    require(before == after, "a restore changes what nobody has earned");
}

// What each party ever earned: what it has, less its debts, and what it was paid.
std::map<std::string, Number> MoneyWorld::earned() const {
    auto sums = model_.net_of_parties();
    for (const auto& [id, batch] : batches_)
        if (batch.state == fleet::payout::BatchState::settled)
            for (const auto& item : batch.items) sums[item.party] += item.amount_sats;
    std::erase_if(sums, [](const auto& each) { return each.second == 0; });
    return sums;
}

}  // namespace sim
