#include "server/http/reply.h"

#include <nlohmann/json.hpp>

namespace server::http {

std::string_view reason_of(unsigned status) {
    switch (status) {
        case 200:
            return "OK";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 409:
            return "Conflict";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 422:
            return "Unprocessable Content";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Unknown";
    }
}

Reply problem(unsigned status, std::string_view name, std::string_view detail) {
    const nlohmann::json body{{"type", "urn:hashyard:problem:" + std::string(name)},
                              {"title", reason_of(status)},
                              {"status", status},
                              {"detail", detail}};
    Reply out;
    out.status = status;
    out.content_type = "application/problem+json";
    out.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    out.fields.emplace_back("Cache-Control", "no-store");
    return out;
}

}  // namespace server::http
