#pragma once
// TLS for stratum connections: OpenSSL between two byte strings, no socket. One TlsContext per process, one
// TlsChannel per connection on its shard's thread. TLS 1.2 and 1.3.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

namespace server::pool {

class TlsContext {
  public:
    // The error is a sentence that names the file and the remedy.
    [[nodiscard]] static boost::system::result<std::unique_ptr<TlsContext>, std::string> load(
        const std::filesystem::path& certificate_chain, const std::filesystem::path& key);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

  private:
    friend class TlsChannel;
    TlsContext();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class TlsChannel {
  public:
    explicit TlsChannel(const TlsContext& context);
    ~TlsChannel();
    TlsChannel(TlsChannel&&) noexcept;
    TlsChannel& operator=(TlsChannel&&) noexcept;

    // Takes bytes from the wire and appends what they decrypt to; false: the connection is over (bad record,
    // close, no common version). wire_output() may have grown (handshake, alerts).
    [[nodiscard]] bool receive(std::string_view wire, std::string& plain);
    // Encrypts; before the handshake is done the text waits inside, at most plain_waiting_max.
    [[nodiscard]] bool send(std::string_view plain);
    std::string& wire_output();

    static constexpr std::size_t plain_waiting_max = 64 * 1024;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace server::pool
