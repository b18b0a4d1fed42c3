#include "server/commands/database_visit.h"

#include <chrono>
#include <ctime>

#include "fleet/ledger/price_file.h"
#include "server/commands/open_database.h"
#include "server/store/ledger.h"
#include "server/store/migrator.h"

namespace server::commands {

int failed(const Visit& visit, const std::string& text) {
    visit.error_out << "hashyard: " << text << "\n";
    return 1;
}

int unavailable(const Visit& visit, const store::Unavailable& problem) {
    return failed(visit,
                  "PostgreSQL does not answer: " + problem.reason + " Start it, or correct database.url.");
}

int visit_database(const Visit& visit, const std::function<int(store::Database&)>& work) {
    auto opened = OpenDatabase::open(visit.config.store, OpenDatabase::Guest::visitor);
    if (opened.has_error()) return failed(visit, opened.error());
    const auto outcome = store::migrate(opened->database());
    if (outcome.has_error()) return unavailable(visit, outcome.error());
    if (!outcome->refused.empty()) return failed(visit, outcome->refused);
    return work(opened->database());
}

std::optional<unsigned> scale_of(const Visit& visit, store::Database& database, const std::string& asset) {
    const auto assets = store::assets(database);
    if (!assets) {
        unavailable(visit, assets.error());
        return std::nullopt;
    }
    for (const auto& known : *assets)
        if (known.code == asset) return known.scale;
    failed(visit, "the ledger has no asset " + asset);
    return std::nullopt;
}

std::optional<std::int64_t> parse_when(const std::string& text) {
    return fleet::ledger::parse_utc(text.size() == 10 ? text + "T00:00Z" : text);
}

std::int64_t wall_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string iso_time(std::int64_t at_us) {
    const std::time_t seconds = at_us / 1'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

}  // namespace server::commands
