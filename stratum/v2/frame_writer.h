#pragma once
// Seals messages into a session's output. One to a session, on its thread.

#include <string>

#include "stratum/v2/message.h"
#include "stratum/v2/transport.h"

namespace stratum::v2 {

class FrameWriter {
  public:
    // Both outlive the writer.
    FrameWriter(Transport& transport, std::string& output) : transport_(transport), output_(output) {}

    template <Message M>
    void send(const M& message) {
        thread_local std::string payload;
        payload.clear();
        append(message, payload);
        transport_.write(header_of<M>(payload.size()), view_of(payload), output_);
    }
    [[nodiscard]] std::size_t waiting_bytes() const { return output_.size(); }

  private:
    Transport& transport_;
    std::string& output_;
};

}  // namespace stratum::v2
