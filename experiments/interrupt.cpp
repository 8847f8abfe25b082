#include "experiments/interrupt.hpp"

#include <csignal>

namespace elbow {
namespace {

volatile std::sig_atomic_t noted = 0;
void note(int signal) {
  noted = signal;
  std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptWatch::InterruptWatch() {
  noted = 0;
  for (int signal : {SIGINT, SIGTERM}) std::signal(signal, note);
}
InterruptWatch::~InterruptWatch() {
  for (int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
}
int InterruptWatch::signal() const { return noted; }

}  // namespace elbow
