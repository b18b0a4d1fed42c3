#pragma once
// A miner's place at the pool: its client, its session, and what is expected of both. One kind for each
// protocol; the world plays with all of them alike.

#include "stratum/session.h"

namespace sim {

class Seat {
  public:
    virtual ~Seat() = default;
    [[nodiscard]] virtual stratum::Session& session() = 0;
    // `resume`: comes back to what it had, where the protocol can.
    virtual void connect(bool resume) = 0;
    virtual void disconnect() = 0;
    virtual void crash() = 0;  // the pool is gone, all of its memory with it

    virtual void mine() = 0;      // some submissions, to be settled
    virtual void act() = 0;       // something else a client does
    virtual void announce() = 0;  // the newest template
    virtual void on_timer() = 0;
    virtual void on_step() = 0;  // time has passed

    virtual void before_settling() = 0;
    virtual void after_settling() = 0;
    virtual void listen() = 0;  // reads what the session wrote
    virtual void check() = 0;   // at the end of a step

    bool job_due = false;
};

}  // namespace sim
