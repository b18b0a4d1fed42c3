#include "server/pool/key_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "server/pool/journal_folder.h"
#include "stratum/v2/authority.h"

namespace server::pool {
namespace {

using boost::system::result;
using stratum::v2::SecretKey;

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The next line that is neither empty nor a comment; nullopt at the end.
std::optional<std::string_view> next_line(std::string_view& text) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (!line.empty() && line[0] != '#') return line;
    }
    return std::nullopt;
}

// `name = "value"`; nullopt for any other line.
std::optional<std::pair<std::string_view, std::string_view>> assignment(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto value = trimmed(line.substr(equals + 1));
    if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
    return std::pair{trimmed(line.substr(0, equals)), value.substr(1, value.size() - 2)};
}

// A file's text, wiped when it goes: it may hold a secret.
struct FileText {
    std::array<char, key_file_bytes_max + 1> bytes{};
    std::size_t size = 0;

    [[nodiscard]] std::string_view text() const { return {bytes.data(), size}; }
    ~FileText() { stratum::v2::wipe({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}); }
};

std::string failure(std::string_view what, const std::filesystem::path& file) {
    return "Cannot " + std::string(what) + " " + file.string() + ": " + std::strerror(errno);
}

// Fills `out`; returns what is wrong, or nothing.
std::string read_file(const std::filesystem::path& path, FileText& out) {
    const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return failure("read", path);
    while (out.size < out.bytes.size()) {
        const auto got = read(file.descriptor(), out.bytes.data() + out.size, out.bytes.size() - out.size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failure("read", path);
        if (got == 0) return {};
        out.size += static_cast<std::size_t>(got);
    }
    return path.string() + " is too long for a key or a certificate. Is it another file?";
}

std::string write_file(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file.is_open() && errno == EEXIST)
        return path.string() + " exists already. Choose another name, or move it away first";
    if (!file.is_open()) return failure("make", path);
    if (write(file.descriptor(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        fsync(file.descriptor()) != 0) {
        auto problem = failure("write", path);
        unlink(path.c_str());
        return problem;
    }
    return {};
}

template <class Value, class Parse>
result<Value, std::string> read_and_parse(const std::filesystem::path& file, const Parse& parse) {
    FileText content;
    if (auto problem = read_file(file, content); !problem.empty()) return problem;
    auto parsed = parse(content.text());
    if (parsed.has_error()) return file.string() + ": " + parsed.error();
    return parsed;
}

}  // namespace

std::string key_file_text(const SecretKey& key, KeyOwner owner) {
    const auto whose =
        owner == KeyOwner::authority
            ? "# Secret key of a Stratum V2 authority. Whoever has it can pass for this pool.\n"
              "# Keep it off the server: only `hashyard authority sign` needs it.\n"
            : "# Secret key of a Stratum V2 server. Certificates are made for it.\n";
    return whose + ("# The public key is " + public_key_text(key.public_key()) + "\n") +
           secret_key_text(key) + "\n";
}

result<SecretKey, std::string> parse_key_file(std::string_view text) {
    const auto line = next_line(text);
    if (!line) return std::string("there is no key in it. Make one with: hashyard authority new FILE");
    if (next_line(text)) return std::string("a key file has one line besides comments. Is it another file?");
    auto key = stratum::v2::parse_secret_key(*line);
    if (key.has_error()) return explain(key.error());
    return *key;
}

std::string certificate_file_text(const ServerCertificate& certificate) {
    return "# Certificate of a Stratum V2 server. Nothing here is secret.\n"
           "# `hashyard authority show` tells until when it is valid.\n"
           "authority = \"" +
           public_key_text(certificate.keys.authority) + "\"\nserver = \"" +
           public_key_text(certificate.keys.server) + "\"\ncertificate = \"" +
           stratum::to_hex(encode(certificate.certificate)) + "\"\n";
}

result<ServerCertificate, std::string> parse_certificate_file(std::string_view text) {
    constexpr std::array<std::string_view, 3> names{"authority", "server", "certificate"};
    std::array<std::optional<std::string_view>, names.size()> values;
    while (const auto line = next_line(text)) {
        const auto pair = assignment(*line);
        std::size_t index = 0;
        while (pair && index < names.size() && names[index] != pair->first) ++index;
        if (!pair || index == names.size() || values[index])
            return std::string(
                "this is no certificate file: each of authority, server and certificate is "
                "given once, as name = \"text\"");
        values[index] = pair->second;
    }
    ServerCertificate out;
    stratum::v2::XOnlyKey* const keys[] = {&out.keys.authority, &out.keys.server};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (!values[i])
            return std::string(names[i]) + " is missing. Make the file again: hashyard authority sign";
        if (i == 2) break;
        const auto key = stratum::v2::parse_public_key(*values[i]);
        if (key.has_error()) return std::string(names[i]) + ": " + explain(key.error());
        *keys[i] = *key;
    }
    std::array<std::uint8_t, stratum::v2::certificate_bytes> bytes;
    if (!stratum::decode_hex(*values[2], bytes))
        return std::string(
            "certificate must be 148 hex letters. Make the file again: hashyard authority sign");
    out.certificate = stratum::v2::parse_certificate(bytes);
    return out;
}

result<SecretKey, std::string> read_key_file(const std::filesystem::path& file) {
    return read_and_parse<SecretKey>(file, parse_key_file);
}

result<ServerCertificate, std::string> read_certificate_file(const std::filesystem::path& file) {
    return read_and_parse<ServerCertificate>(file, parse_certificate_file);
}

std::string write_key_file(const std::filesystem::path& file, std::string_view text) {
    return write_file(file, text, 0600);
}

std::string write_certificate_file(const std::filesystem::path& file, std::string_view text) {
    std::error_code error;
    if (std::filesystem::exists(file, error) && read_certificate_file(file).has_error())
        return file.string() + " exists and is no certificate. Choose another name, or move it away first";
    auto fresh = file;
    fresh += ".new";
    std::filesystem::remove(fresh, error);
    if (auto problem = write_file(fresh, text, 0644); !problem.empty()) return problem;
    if (rename(fresh.c_str(), file.c_str()) != 0) return failure("replace", file);
    return {};
}

}  // namespace server::pool
