#include "server/wallet/payout_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>

extern char** environ;

namespace server::wallet {

namespace {

using store::PayoutBatch;

constexpr std::size_t copy_bytes_max = 4 << 20;
constexpr std::string_view first_line = "hashyard payout 1";
constexpr int copy_command_within_ms = 60'000;

std::optional<fleet::payout::Bytes> read_hex(std::istream& in) {
    std::string hex;
    if (!(in >> hex)) return std::nullopt;
    return fleet::payout::bytes_of_hex(hex);
}

bool read_line(const std::string& line, PayoutBatch& batch) {
    std::istringstream in(line);
    std::string word;
    in >> word;
    if (word == "batch") return static_cast<bool>(in >> batch.id);
    if (word == "asset") return static_cast<bool>(in >> batch.asset);
    if (word == "wallet") return static_cast<bool>(in >> batch.wallet);
    if (word == "coin") {
        fleet::payout::ExpectedPayment::Coin coin;
        if (!(in >> coin.point.txid >> coin.point.index >> coin.amount_sats)) return false;
        batch.coins.push_back(std::move(coin));
        return true;
    }
    if (word == "item") {
        fleet::payout::PlannedItem item;
        if (!(in >> item.amount_sats)) return false;
        const auto script = read_hex(in);
        in.get();
        if (!script || !std::getline(in, item.party) || item.party.empty()) return false;
        item.script = *script;
        batch.items.push_back(std::move(item));
        return true;
    }
    const auto bytes = read_hex(in);
    if (!bytes) return false;
    if (word == "change") batch.change_script = *bytes;
    if (word == "tx") batch.raw_tx = *bytes;
    return word == "change" || word == "tx";
}

}  // namespace

std::string copy_text(const PayoutBatch& batch) {
    auto text = fmt::format("{}\nbatch {}\nasset {}\nwallet {}\nchange {}\n", first_line, batch.id,
                            batch.asset, batch.wallet, fleet::payout::hex_of(batch.change_script));
    for (const auto& coin : batch.coins)
        text += fmt::format("coin {} {} {}\n", coin.point.txid, coin.point.index, coin.amount_sats);
    for (const auto& item : batch.items)
        text +=
            fmt::format("item {} {} {}\n", item.amount_sats, fleet::payout::hex_of(item.script), item.party);
    return text + fmt::format("tx {}\nend\n", fleet::payout::hex_of(batch.raw_tx));
}

ParsedCopy parse_copy(std::string_view text) {
    if (text.size() > copy_bytes_max) return {{}, "it is too long"};
    std::istringstream in{std::string(text)};
    std::string line;
    if (!std::getline(in, line) || line != first_line) return {{}, "it is not a copy of a payout"};
    PayoutBatch batch;
    bool ended = false;
    while (!ended && std::getline(in, line)) {
        ended = line == "end";
        if (!ended && !read_line(line, batch)) return {{}, "this line is not understood: " + line};
    }
    if (!ended) return {{}, "it is cut off"};
    const auto transaction = fleet::payout::parse_transaction(batch.raw_tx);
    if (!transaction || batch.id.size() != 36 || batch.items.empty())
        return {{}, "it has no transaction, no name or no items"};
    fleet::payout::ExpectedPayment expected;
    expected.outputs = fleet::payout::outputs_of(batch.items);
    expected.change_script = batch.change_script;
    expected.coins = batch.coins;
    // Signed before: whatever its fee is, it is paid.
    expected.fee_max_sats = fleet::payout::money_max_sats;
    expected.fee_max_sats_per_vbyte = std::numeric_limits<std::int32_t>::max();
    const auto verdict =
        fleet::payout::check_payment(*transaction, expected, fleet::payout::Signatures::present);
    if (!verdict.wrong.empty()) return {{}, verdict.wrong};
    batch.txid = fleet::payout::txid_of(*transaction);
    batch.fee_sats = verdict.fee_sats;
    batch.change_sats = verdict.change_sats;
    return {std::move(batch), {}};
}

std::vector<std::filesystem::path> copies_in(const std::filesystem::path& data_dir) {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& file : std::filesystem::directory_iterator(data_dir / "payouts", none))
        if (file.path().extension() == ".payout") files.push_back(file.path());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::filesystem::path> unknown_copies(const std::filesystem::path& data_dir,
                                                  const std::vector<store::PayoutBatch>& known) {
    std::set<std::string> txids;
    for (const auto& batch : known) txids.insert(batch.txid);
    std::vector<std::filesystem::path> unknown;
    for (const auto& file : copies_in(data_dir)) {
        std::ifstream in(file, std::ios::binary);
        const auto copy = parse_copy(std::string(std::istreambuf_iterator<char>(in), {}));
        if (!copy.wrong.empty() || txids.count(copy.batch.txid) == 0) unknown.push_back(file);
    }
    return unknown;
}

std::string write_whole(const std::filesystem::path& file, const std::string& text) {
    const auto wrong = [&](const char* what) {
        return fmt::format("cannot {} {}: {}", what, file.string(), std::strerror(errno));
    };
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
    const auto half = file.string() + ".part";
    const int out = ::open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out < 0) return wrong("make");
    std::size_t at = 0;
    while (at < text.size()) {
        const auto written = ::write(out, text.data() + at, text.size() - at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        at += static_cast<std::size_t>(written);
    }
    const bool good = at == text.size() && ::fsync(out) == 0;
    ::close(out);
    if (!good || ::rename(half.c_str(), file.c_str()) != 0) return wrong("write");
    const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return wrong("open the folder of");
    const bool kept = ::fsync(folder) == 0;
    ::close(folder);
    return kept ? std::string() : wrong("keep");
}

std::string run_copy_command(const std::string& command, const std::filesystem::path& file) {
    const auto script = command + " \"$1\"";
    const auto path = file.string();
    const char* arguments[] = {"sh", "-c", script.c_str(), "sh", path.c_str(), nullptr};
    pid_t child = 0;
    const int failed =
        posix_spawn(&child, "/bin/sh", nullptr, nullptr, const_cast<char* const*>(arguments), environ);
    if (failed != 0) return fmt::format("cannot run the copy command: {}", std::strerror(failed));
    // Readable when the child has ended.
    const int watched = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
    pollfd waits{watched, POLLIN, 0};
    const int ended = watched < 0 ? -1 : ::poll(&waits, 1, copy_command_within_ms);
    if (watched >= 0) ::close(watched);
    if (ended <= 0) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return "the copy command is lost";
    if (ended <= 0) return "the copy command did not end within a minute";
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return "the copy command failed: nothing is sent before a copy is kept elsewhere";
}

}  // namespace server::wallet
