#include "server/commands/verify_command.h"

#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>

namespace server::commands {

using fleet::proof::hash_of_hex;
using fleet::proof::hex_of;
using fleet::proof::PublicKey;
using fleet::proof::text_bytes_max;
using fleet::proof::verify_file;

namespace {

constexpr int holds = 0;
constexpr int fails = 1;
constexpr int unreadable = 2;

std::optional<std::string> read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    std::string text(text_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

int run_verify_command(const VerifyCommand& command, std::ostream& out, std::ostream& error_out) {
    std::optional<PublicKey> key;
    if (!command.key.empty()) {
        key = hash_of_hex(command.key);
        if (!key) {
            error_out << "hashyard: --key takes the 64 lower-case hexadecimal letters of a public key\n";
            return unreadable;
        }
    }
    const auto file = read_file(command.file);
    if (!file) {
        error_out << "hashyard: cannot read " << command.file.string() << "\n";
        return unreadable;
    }
    const auto verdict = verify_file(command.kind, *file, key);
    for (const auto& text : verdict.checked.holds) out << "holds  " << text << "\n";
    for (const auto& text : verdict.checked.fails) out << "FAILS  " << text << "\n";
    if (!verdict.unreadable.empty()) {
        error_out << "hashyard: " << command.file.string() << " is no " << name_of(command.kind)
                  << " file: " << verdict.unreadable << "\n";
        return unreadable;
    }
    for (const auto& text : verdict.facts) out << "       " << text << "\n";
    if (verdict.key)
        out << "Signed by " << hex_of(*verdict.key)
            << (key ? ", the key you gave.\n" : ". Is that the pool's key? Give it with --key.\n");
    out << (verdict.checked.all_hold() ? "All of it holds.\n" : "It does NOT hold.\n");
    return verdict.checked.all_hold() ? holds : fails;
}

}  // namespace server::commands
