#pragma once
// A client that speaks JSON lines to a session of a PoolWorld and sorts what comes back.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/stratum/v1/pool_world.h"

namespace stratum::v1::testing {

class Client {
  public:
    using json = nlohmann::json;

    explicit Client(PoolWorld& world) : world_(world), session_(world.connect()) {}

    // Sends lines, in pieces of `chunk` bytes.
    void say(const std::string& bytes, std::size_t chunk = std::string::npos) {
        for (std::size_t at = 0; at < bytes.size(); at += std::min(chunk, bytes.size()))
            world_.feed(*session_, std::string_view(bytes).substr(at, chunk));
        hear();
    }
    void hear() {
        auto& output = session_->output();
        wire += output;
        for (std::size_t from = 0; from < output.size();) {
            const auto end = output.find('\n', from);
            const auto line = json::parse(output.substr(from, end - from), nullptr, false);
            (line.is_object() && line.contains("method") ? told : answers).push_back(line);
            if (end == std::string::npos) break;
            from = end + 1;
        }
        output.clear();
    }
    void login(const std::string& agent = "test/1") {
        say(R"({"id":1,"method":"mining.subscribe","params":[")" + agent + "\"]}\n" +
            R"({"id":2,"method":"mining.authorize","params":[")" + test_address + ".w\",\"x\"]}\n");
    }
    // A submission for the job told last. Nearly every hash meets difficulty 2^-32.
    std::string submit(std::uint32_t nonce, const std::string& id = "9",
                       const std::string& worker = ".w") const {
        std::string nonce_hex;
        append_hex_u32(nonce_hex, nonce);
        return R"({"id":)" + id + R"(,"method":"mining.submit","params":[")" + test_address + worker +
               "\",\"" + job() + R"(","0011223344556677","6553f100",")" + nonce_hex + "\"]}\n";
    }
    std::string job() const {
        for (auto line = told.rbegin(); line != told.rend(); ++line)
            if ((*line)["method"] == "mining.notify") return (*line)["params"][0];
        return "0";
    }
    std::size_t told_of(const std::string& method) const {
        return static_cast<std::size_t>(std::count_if(
            told.begin(), told.end(), [&](const json& line) { return line["method"] == method; }));
    }
    int last_code() const {
        if (answers.empty() || !answers.back().is_object() || !answers.back()["error"].is_array()) return 0;
        return answers.back()["error"][0];
    }
    void forget() {
        std::vector<json>().swap(answers);
        std::vector<json>().swap(told);
        std::string().swap(wire);
    }
    Session& session() { return *session_; }

    std::vector<json> answers;
    std::vector<json> told;
    std::string wire;  // everything that was heard

  private:
    PoolWorld& world_;
    std::unique_ptr<Session> session_;
};

}  // namespace stratum::v1::testing
