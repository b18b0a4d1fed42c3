#include "server/store/exports.h"

#include "server/store/transaction.h"

namespace server::store {

Stored<std::string> note_export(Database& database, const ExportRecord& record) {
    return transact(database, [&](pqxx::work& transaction) -> std::string {
        transaction.exec("lock table exports in share row exclusive mode");
        const auto row = transaction.exec_params1(
            "insert into exports (kind, format, parameters, sha256, row_count, sums, closed, verdict) select "
            "$1, $2, $3, decode($4, 'hex'), $5, $6::jsonb, $7, case when $7 and exists (select from exports "
            "e "
            "where e.kind = $1 and e.format = $2 and e.parameters = $3 and e.closed and e.verdict = 'made' "
            "and "
            "e.sha256 <> decode($4, 'hex')) then 'differs' else 'made' end returning verdict, id",
            record.kind, record.format, record.parameters, record.sha256, record.rows, record.sums,
            record.closed);
        if (row[0].as<std::string>() == "made") return {};
        const auto number = row[1].as<std::string>();
        transaction.exec_params(
            "insert into payout_freezes (reason, detail, frozen_by) values ('export_differs', $1, 'report') "
            "on "
            "conflict do nothing",
            "export " + number + ": " + record.parameters);
        return "the report of a closed month differs from the one made before (export " + number +
               "); it is not handed out and payouts are frozen: compare the two, find what changed";
    });
}

}  // namespace server::store
