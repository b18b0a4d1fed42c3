// Replays what real clients say (tests/vectors/v1_dialogues, format in its README) against the sans-IO
// session.

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/catch.h"
#include "tests/unit/stratum/v1/pool_world.h"

using nlohmann::json;
using namespace stratum;
using namespace stratum::v1;
using namespace stratum::v1::testing;

namespace {

constexpr const char* user = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202";

bool fits_text(const json& value, const std::string& pattern) {
    if (pattern == "*") return true;
    if (pattern == "*text") return value.is_string() && !value.get<std::string>().empty();
    if (pattern == "*int") return value.is_number_integer();
    if (pattern == "*number") return value.is_number();
    if (pattern == "*bool") return value.is_boolean();
    if (pattern.rfind("*hex", 0) == 0) {
        const auto length = pattern.substr(4);
        const auto form = length.empty() ? std::string("([0-9a-f]{2})*") : "[0-9a-f]{" + length + "}";
        return value.is_string() && std::regex_match(value.get<std::string>(), std::regex(form));
    }
    return value == json(pattern);
}

bool fits(const json& value, const json& pattern) {
    if (pattern.is_string()) return fits_text(value, pattern.get<std::string>());
    if (pattern.is_array()) {
        if (!value.is_array()) return false;
        if (pattern == json::array({"..."})) return true;
        if (value.size() != pattern.size()) return false;
        for (std::size_t i = 0; i < value.size(); ++i)
            if (!fits(value[i], pattern[i])) return false;
        return true;
    }
    if (pattern.is_object()) {
        if (!value.is_object()) return false;
        std::size_t named = 0;
        for (const auto& [key, part] : pattern.items()) {
            if (key == "...") continue;
            if (!value.contains(key) || !fits(value[key], part)) return false;
            ++named;
        }
        return pattern.contains("...") || named == value.size();
    }
    if (pattern.is_number() && value.is_number()) return value.get<double>() == pattern.get<double>();
    return value == pattern;
}

class Replay {
  public:
    explicit Replay(std::uint32_t first_prefix) : world_(first_prefix) {
        world_.on_template(make_template(1 << 20, 1, 0x17030000));
        session_ = world_.connect();
        texts_["{{user}}"] = user;
        texts_["{{other_user}}"] = "bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6";
    }

    // Empty when the dialogue went as written, else what went wrong.
    std::string play(const json& steps) {
        std::size_t number = 0;
        for (const auto& step : steps) {
            ++number;
            auto trouble = play_step(step);
            if (!trouble.empty()) return "step " + std::to_string(number) + ": " + trouble;
        }
        if (!answers_.empty()) return "at the end an answer still waits: " + answers_.front().dump();
        if (session_->closing() != CloseReason::none)
            return "the session closed: " + std::string(name_of(session_->closing()));
        return {};
    }

  private:
    std::string filled(std::string text) const {
        for (const auto& [name, value] : texts_)
            for (auto at = text.find(name); at != std::string::npos; at = text.find(name))
                text.replace(at, name.size(), value);
        return text;
    }

    std::string play_step(const json& step) {
        if (step.contains("client") || step.contains("client_raw")) {
            if (!answers_.empty())
                return "before the client speaks an answer waits: " + answers_.front().dump();
            if (step.contains("client_raw")) return say(filled(step["client_raw"].get<std::string>()));
            if (step["client"].is_string()) return say(filled(step["client"].get<std::string>()) + "\n");
            std::string all;
            for (const auto& line : step["client"]) all += filled(line.get<std::string>()) + "\n";
            return say(all);
        }
        if (step.contains("reconnect")) {
            world_.disconnect(*session_);
            session_ = world_.connect();
            subscribed_ = difficulty_told_ = false;
            notifications_.clear();
            return {};
        }
        const bool optional = step.contains("optional");
        const auto& pattern = optional ? step["optional"] : step["server"];
        if (pattern == "nothing")
            return answers_.empty() ? std::string() : "a line waits: " + answers_.front().dump();
        const auto expected = json::parse(filled(pattern.dump()));
        const bool pushed = expected.contains("method");
        auto& waiting = pushed ? notifications_ : answers_;
        // A later notification of the same kind supersedes one the dialogue does not name.
        while (pushed && !optional && waiting.size() > 1 && !fits(waiting.front(), expected))
            waiting.pop_front();
        if (waiting.empty()) return optional ? std::string() : "no line comes, expected " + expected.dump();
        if (!fits(waiting.front(), expected))
            return optional ? std::string()
                            : "got " + waiting.front().dump() + ", expected " + expected.dump();
        waiting.pop_front();
        return {};
    }

    std::string say(const std::string& bytes) {
        world_.feed(*session_, bytes);
        auto& output = session_->output();
        for (std::size_t from = 0; from < output.size();) {
            const auto end = output.find('\n', from);
            if (end == std::string::npos) return "an answer without a newline";
            const auto line = json::parse(output.substr(from, end - from), nullptr, false);
            if (line.is_discarded()) return "not JSON: " + output.substr(from, end - from);
            note(line);
            if (line.contains("method")) {
                if (!subscribed_) return "a notification before the answer to subscribe: " + line.dump();
                if (line["method"] == "mining.notify" && !difficulty_told_)
                    return "a job before any difficulty";
                difficulty_told_ |= line["method"] == "mining.set_difficulty";
            }
            (line.contains("method") ? notifications_ : answers_).push_back(line);
            from = end + 1;
        }
        output.clear();
        return {};
    }

    void note(const json& line) {
        if (line.value("method", "") == "mining.notify") {
            texts_["{{job}}"] = line["params"][0];
            texts_["{{ntime}}"] = line["params"][7];
        }
        if (line.contains("result") && line["result"].is_array() && line["result"].size() == 3) {
            texts_["{{session}}"] = line["result"][0][0][1];
            texts_["{{prefix}}"] = line["result"][1];
            subscribed_ = true;
        }
    }

    PoolWorld world_;
    std::unique_ptr<stratum::v1::Session> session_;
    std::deque<json> answers_;
    std::deque<json> notifications_;
    bool subscribed_ = false;
    bool difficulty_told_ = false;
    std::map<std::string, std::string> texts_;
};

}  // namespace

TEST_CASE("Every recorded client finds the pool it expects") {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(V1_DIALOGUES)) {
        if (entry.path().extension() != ".json") continue;
        ++files;
        std::ifstream in(entry.path());
        const auto dialogue = json::parse(in);
        // One hash in 65,536 misses difficulty 2^-32; should a fixed nonce be one, another prefix gives other
        // hashes.
        auto trouble = Replay(1).play(dialogue["steps"]);
        if (!trouble.empty()) trouble = Replay(2).play(dialogue["steps"]);
        INFO(entry.path().filename().string() << ", " << trouble);
        CHECK(trouble.empty());
    }
    CHECK(files >= 30);
}
