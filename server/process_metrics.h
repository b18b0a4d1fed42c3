#pragma once
// The process_ families that every Prometheus client library has (processor time, memory, descriptors, start)
// and the build's identity. Read from /proc/self at each scrape; a file that cannot be read leaves its family
// out. Any thread.

#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace server {

void collect_process(std::vector<prometheus::MetricFamily>& out);

}  // namespace server
