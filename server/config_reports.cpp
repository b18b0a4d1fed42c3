// What reports over HTTP need: a key of the section [http].

#include "server/config_table.h"

namespace server {

namespace {

constexpr std::size_t text_bytes_max = 1024;
constexpr std::size_t token_bytes_min = 24;

const std::vector<ConfigOption> options{
    {"http", "report_token_file", "\"\"",
     "File with a token in its first line, as openssl rand -hex 32 makes it; who sends it may read all\n"
     "reports below /api/v1/reports. Empty: they are not served.",
     TextOption{text_bytes_max,
                [](const ConfigTarget& target, const std::string& value) {
                    target.draft.report_token_file = value;
                    return std::string();
                }}},
};

}  // namespace

std::vector<ConfigOption> with_reports(std::vector<ConfigOption> others) {
    others.insert(others.end(), options.begin(), options.end());
    return others;
}

void complete_reports(ConfigDraft& draft, const SecretSource& secrets, std::vector<ConfigProblem>& problems) {
    if (draft.report_token_file.empty()) return;
    const auto token = secrets(SecretKind::file, draft.report_token_file);
    if (!token || token->size() < token_bytes_min) {
        problems.push_back({"", 0, "http.report_token_file",
                            "cannot be read or has less than 24 letters: openssl rand -hex 32 > FILE"});
        return;
    }
    draft.config.http.report_token = *token;
}

}  // namespace server
