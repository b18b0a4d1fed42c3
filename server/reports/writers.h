#pragma once
// Inside this room: each format's way from rows to files. Any thread. What cannot be written throws
// ReportRefusal.

#include <string>

#include "server/reports/report_files.h"

namespace server::reports {

struct Naming {
    std::string stem;  // statement_user-alice_2026-10
    std::string statement_no;
};

void write_tables(store::StatementReading& reading, const ReportQuery& query, const Naming& naming,
                  const ReportLimits& limits, ReportFiles& files);
void write_bank_file(store::StatementReading& reading, const ReportQuery& query, const Naming& naming,
                     const ReportLimits& limits, ReportFiles& files);
void write_statement_book(store::StatementReading& reading, const ReportQuery& query, const Naming& naming,
                          const ReportLimits& limits, ReportFiles& files);
void write_paper(store::StatementReading& reading, const ReportQuery& query, const Naming& naming,
                 const ReportLimits& limits, ReportFiles& files);
void write_ledger(store::JournalReading& reading, const ReportQuery& query, const Naming& naming,
                  const ReportLimits& limits, ReportFiles& files);
void write_journal(store::JournalReading& reading, const ReportQuery& query, const Naming& naming,
                   const ReportLimits& limits, ReportFiles& files);

}  // namespace server::reports
