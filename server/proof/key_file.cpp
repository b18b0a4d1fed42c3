#include "server/proof/key_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "server/random_bytes.h"

namespace server::proof {

namespace {

using fleet::proof::SigningKey;

class Descriptor {
  public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }
    [[nodiscard]] bool open() const { return number_ >= 0; }

  private:
    int number_;
};

std::string failure(const char* what, const std::filesystem::path& file) {
    return std::string("cannot ") + what + " " + file.string() + ": " + std::strerror(errno);
}

bool write_all(int descriptor, const std::string& text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto written = ::write(descriptor, text.data() + at, text.size() - at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        at += static_cast<std::size_t>(written);
    }
    return ::fsync(descriptor) == 0;
}

bool keep_folder(const std::filesystem::path& file) {
    const Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder.open() && ::fsync(folder.number()) == 0;
}

OpenedKey refused(std::string why) { return {nullptr, std::move(why), false}; }

OpenedKey read_key(const std::filesystem::path& path, const Descriptor& file) {
    struct stat facts {};
    if (::fstat(file.number(), &facts) != 0) return refused(failure("look at", path));
    if ((facts.st_mode & 077U) != 0)
        return refused("others may read " + path.string() +
                       ": run chmod 600 on it, and think about a new key");
    std::array<char, key_file_bytes_max> bytes{};
    const auto size = ::read(file.number(), bytes.data(), bytes.size());
    if (size < 0) return refused(failure("read", path));
    std::string_view text(bytes.data(), static_cast<std::size_t>(size));
    while (text.ends_with('\n')) text.remove_suffix(1);
    auto secret = fleet::proof::hash_of_hex(text);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    if (!secret)
        return refused(path.string() +
                       " holds no signing key: one line of 64 hexadecimal letters. Is it another "
                       "file?");
    OpenedKey out{std::make_unique<SigningKey>(*secret), {}, false};
    OPENSSL_cleanse(secret->data(), secret->size());
    return out;
}

OpenedKey make_key(const std::filesystem::path& path) {
    fleet::proof::Hash secret{};
    fill_random(secret);
    std::error_code ignored;
    std::filesystem::create_directories(path.parent_path(), ignored);
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.open()) return refused(failure("make", path));
    auto text = fleet::proof::hex_of(secret) + "\n";
    const bool good = write_all(file.number(), text) && keep_folder(path);
    OPENSSL_cleanse(text.data(), text.size());
    if (!good) {
        auto why = failure("write", path);
        ::unlink(path.c_str());
        return refused(std::move(why));
    }
    OpenedKey out{std::make_unique<SigningKey>(secret), {}, true};
    OPENSSL_cleanse(secret.data(), secret.size());
    return out;
}

}  // namespace

std::filesystem::path key_path(const ProofOptions& options) {
    return options.key_file.empty() ? options.data_dir / "proof-key" : options.key_file;
}

OpenedKey open_key(const ProofOptions& options) {
    const auto path = key_path(options);
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.open()) return read_key(path, file);
    if (errno != ENOENT || !options.key_file.empty()) return refused(failure("read", path));
    return make_key(path);
}

std::string write_durably(const std::filesystem::path& file, const std::string& text) {
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
    const auto half = file.string() + ".part";
    {
        const Descriptor out(::open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        if (!out.open()) return failure("make", half);
        if (!write_all(out.number(), text)) return failure("write", half);
    }
    if (::rename(half.c_str(), file.c_str()) != 0) return failure("replace", file);
    return keep_folder(file) ? std::string() : failure("keep", file);
}

}  // namespace server::proof
