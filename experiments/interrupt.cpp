#include "experiments/interrupt.hpp"

#include <csignal>

namespace elbow {
namespace {

volatile std::sig_atomic_t noted = 0;
void note(int signal) {
  noted = 1;
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
bool InterruptWatch::interrupted() const { return noted != 0; }

}  // namespace elbow
