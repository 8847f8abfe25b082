// The tape: what is recorded, how gradients flow back along it, and what it refuses. In most tests the
// functions are so simple that the gradient can be read off.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <optional>
#include <sstream>
#include <type_traits>

#include "autograd/alias.hpp"
#include "autograd/checks.hpp"
#include "autograd/ops.hpp"
#include "autograd/tape.hpp"

using namespace elbow;
using boost::test_tools::per_element;
using Values = std::vector<double>;

namespace {

Tensor leaf(const Values& values) { return Tensor::from(values, {int64_t(values.size())}).set_requires_grad(); }

auto saying(const std::string& part, const std::string& other = "") {
  return [=](const Error& e) {
    const std::string message = e.what();
    BOOST_TEST_MESSAGE(message);
    return message.find(part) != std::string::npos && message.find(other) != std::string::npos;
  };
}

}  // namespace

// ---- gradients ----------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_chain) {
  Tape tape;
  const Tensor x = leaf({1, 2, 3});
  tape.backward(sum(square(neg(x))));
  BOOST_TEST(x.grad().to_vector() == (Values{2, 4, 6}), per_element());
}

BOOST_AUTO_TEST_CASE(a_diamond) {  // (x^2) (x + x^2): both arms meet again
  Tape tape;
  const Tensor x = leaf({3});
  const Tensor s = square(x);
  tape.backward(sum(mul(s, add(x, s))));
  BOOST_TEST(x.grad().item() == 3 * 9 + 4 * 27);  // x^3 + x^4
}

BOOST_AUTO_TEST_CASE(many_diamonds) {  // y <- y + y, 40 times: 2^40 paths, 40 nodes
  Tape tape;
  const Tensor x = leaf({1});
  Tensor y = x;
  for (int i = 0; i < 40; ++i) y = add(y, y);
  BOOST_TEST(tape.nodes() == 40u);
  tape.backward(y);
  BOOST_TEST(x.grad().item() == double(int64_t{1} << 40));
}

BOOST_AUTO_TEST_CASE(several_leaves_and_a_constant) {
  Tape tape;
  const Tensor a = leaf({2}), b = leaf({5}), c = Tensor::from<double>({7}, {1});
  tape.backward(mul(mul(a, b), c));
  BOOST_TEST(a.grad().item() == 35);
  BOOST_TEST(b.grad().item() == 14);
  BOOST_TEST(!c.grad());
}

BOOST_AUTO_TEST_CASE(a_leaf_that_the_root_does_not_depend_on) {
  Tape tape;
  const Tensor a = leaf({2}), b = leaf({5});
  const Tensor unused = square(b), y = square(a), later = square(y);
  tape.backward(y);
  BOOST_TEST(a.grad().item() == 4);
  BOOST_TEST(!b.grad());
}

BOOST_AUTO_TEST_CASE(passes_accumulate) {
  const Tensor x = leaf({3});
  for (int pass = 1; pass <= 3; ++pass) {
    Tape tape;
    tape.backward(square(x));
    BOOST_TEST(x.grad().item() == 6 * pass);
  }
}

BOOST_AUTO_TEST_CASE(a_seed_is_the_gradient_to_start_from) {
  Tape tape;
  const Tensor x = leaf({1, 2});
  tape.backward(square(x), Tensor::from<double>({10, 100}, {2}));
  BOOST_TEST(x.grad().to_vector() == (Values{20, 400}), per_element());
}

BOOST_AUTO_TEST_CASE(the_root_may_be_any_node) {
  Tape tape;
  const Tensor x = leaf({3});
  const Tensor y = square(x);
  square(y);
  y.backward();  // on the current tape
  BOOST_TEST(x.grad().item() == 6);
}

// ---- gradients that share memory ----------------------------------------------------------------------------

// What an op hands over may be the very tensor that it got, and that several nodes then hold: adding to one of
// them must not change the others.
BOOST_AUTO_TEST_CASE(adjoints_that_are_shared_are_not_added_to) {
  for (int which = 0; which < 3; ++which) {
    Tape tape;
    const Tensor x = leaf({1, 2, 3, 4});
    const Tensor a = neg(x), b = reshape(a, {2, 2}), c = reshape(b, {4});
    const Tensor parts[] = {add(a, c), add(c, square(a)), add(mul(b, b), reshape(square(c), {2, 2}))};
    const Tensor y = reshape(parts[which], {4});
    tape.backward(sum(y));
    const Values want[] = {{-2, -2, -2, -2}, {-1 + 2, -1 + 4, -1 + 6, -1 + 8}, {4, 8, 12, 16}};
    BOOST_TEST(x.grad().to_vector() == want[which], per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_seed_is_never_written_to) {
  const Tensor seed = Tensor::from<double>({1, 10}, {2});
  {  // reparameterise hands on its own gradient as that of mu, which then gets more from the square
    Tape tape;
    const Tensor x = leaf({1, 2});
    const Tensor mu = neg(x);
    const Tensor z = reparameterise(mu, square(mu), {1, 2, 3});
    tape.backward(z, seed);
  }
  {
    Tape tape;
    const Tensor x = leaf({1, 2});
    const Tensor y = neg(x);
    tape.backward(reshape(add(y, reshape(y, {2})), {2}), seed);
    BOOST_TEST(x.grad().to_vector() == (Values{-2, -20}), per_element());
  }
  {
    Tape tape;
    const Tensor x = leaf({1, 2});
    tape.backward(reshape(x, {2}), seed);
    tape.backward(reshape(x, {2}), seed);
    BOOST_TEST(x.grad().to_vector() == (Values{2, 20}), per_element());
  }
  BOOST_TEST(seed.to_vector() == (Values{1, 10}), per_element());
}

BOOST_AUTO_TEST_CASE(a_gradient_given_by_the_user_is_added_to_in_place) {
  Tensor x = leaf({1, 2}), buffer = Tensor::zeros({4}, DType::float64);
  x.set_grad(alias(buffer, {2}, 1));  // as the flat buffers of the optimisers do
  Tape tape;
  tape.backward(sum(square(x)));
  BOOST_TEST(buffer.to_vector() == (Values{0, 2, 4, 0}), per_element());
}

BOOST_AUTO_TEST_CASE(a_cleared_gradient_is_overwritten_or_zero) {
  Tensor x = leaf({1, 2}), y = leaf({3, 4}), none = leaf({5});
  BOOST_TEST(!none.zero_grad().grad());
  const auto pass = [&](bool with_y) {
    Tape tape;
    tape.backward(with_y ? sum(mul(x, y)) : sum(mul(x, x)));
  };
  pass(true);
  const Tensor gradient = x.grad();
  x.zero_grad(), y.zero_grad();
  pass(false);  // x is used twice: the first use overwrites, the second adds
  BOOST_TEST(x.grad().to_vector() == (Values{2, 4}), per_element());
  BOOST_TEST(y.grad().to_vector() == (Values{0, 0}), per_element());
  BOOST_TEST(x.grad().same_as(gradient));
  pass(true);
  BOOST_TEST(x.grad().to_vector() == (Values{5, 8}), per_element());
  BOOST_TEST(y.grad().to_vector() == (Values{1, 2}), per_element());
  y.zero_grad();
  BOOST_TEST(y.grad().to_vector() == (Values{0, 0}), per_element());
}

// ---- what is recorded ---------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(nothing_is_recorded_without_need) {
  Tape tape;
  const Tensor constant = Tensor::ones({2}), x = Tensor::ones({2}).set_requires_grad();
  BOOST_TEST(!square(constant).tracked());
  BOOST_TEST(!square(x.detach()).tracked());
  {
    const NoGrad no_grad;
    BOOST_TEST(!square(x).tracked());
    { const NoGrad again; }
    BOOST_TEST(!square(x).tracked());
  }
  BOOST_TEST(tape.nodes() == 0u);
  BOOST_TEST(square(x).tracked());
  BOOST_TEST(tape.nodes() == 1u);
}

BOOST_AUTO_TEST_CASE(without_a_tape_ops_just_compute) {
  const Tensor x = leaf({3});
  BOOST_TEST(square(x).item() == 9);
  BOOST_TEST(!square(x).tracked());
  BOOST_CHECK_EXCEPTION(square(x).backward(), Error, saying("[backward] there is no tape"));
}

BOOST_AUTO_TEST_CASE(detach_stops_the_gradient) {
  Tape tape;
  const Tensor x = leaf({3});
  tape.backward(mul(x, square(x).detach()));
  BOOST_TEST(x.grad().item() == 9);
}

BOOST_AUTO_TEST_CASE(tapes_may_be_nested) {
  Tape outer;
  const Tensor x = leaf({3});
  const Tensor y = square(x);
  {
    Tape inner;
    const Tensor z = leaf({2});
    inner.backward(square(z));
    BOOST_TEST(z.grad().item() == 4);
    BOOST_CHECK_EXCEPTION(square(y), Error, saying("[square]", "another tape"));
    BOOST_CHECK_THROW(inner.backward(y), Error);
    BOOST_TEST(square(y.detach()).item() == 81);
  }
  BOOST_TEST(outer.nodes() == 1u);
  outer.backward(square(y));
  BOOST_TEST(x.grad().item() == 4 * 27);
}

BOOST_AUTO_TEST_CASE(clear_forgets) {
  Tape tape;
  const Tensor x = leaf({3});
  const Tensor y = square(x);
  tape.clear();
  BOOST_TEST(tape.nodes() == 0u);
  BOOST_CHECK_THROW(tape.backward(y), Error);
  tape.backward(square(x));
  BOOST_TEST(x.grad().item() == 6);
}

// ---- the tape's own life --------------------------------------------------------------------------------------------

static_assert(!std::is_copy_constructible_v<Tape> && !std::is_move_constructible_v<Tape>);
template <class T>
concept OnTheHeap = requires {
  new T;
};
static_assert(!OnTheHeap<Tape>, "a tape lives on the stack");

// Tapes may be destroyed in any order: the others stay what they are.
BOOST_AUTO_TEST_CASE(tapes_destroyed_out_of_order) {
  const Tensor x = leaf({3});
  std::optional<Tape> first, second, third;
  first.emplace();
  const Tensor y = square(x);
  second.emplace();
  third.emplace();
  second.reset();  // the one in the middle
  const Tensor z = square(x);
  BOOST_TEST(third->nodes() == 1u);
  first.reset();  // the outermost
  third->backward(square(z));
  BOOST_TEST(x.grad().item() == 4 * 27);
  third.reset();
  BOOST_TEST(!square(x).tracked());
  BOOST_CHECK_THROW(Tape::current("test"), Error);
  Tape fresh;
  fresh.backward(square(x));
  BOOST_TEST(x.grad().item() == 4 * 27 + 6);
}

BOOST_AUTO_TEST_CASE(a_graph_that_is_kept_gives_a_second_backward) {
  Tape tape;
  const Tensor x = leaf({3});
  const Tensor y = square(square(x)), z = square(y);
  tape.backward(y, {}, Graph::keep);
  BOOST_TEST(x.grad().item() == 4 * 27);
  tape.backward(y, {}, Graph::keep);  // adds
  BOOST_TEST(x.grad().item() == 2 * 4 * 27);
  tape.backward(z);  // the last one
  BOOST_TEST(x.grad().item() == 2 * 4 * 27 + 8 * 2187);
  BOOST_TEST(tape.nodes() == 0u);
  BOOST_CHECK_THROW(tape.backward(y), Error);
}

BOOST_AUTO_TEST_CASE(a_tape_prints_its_nodes) {
  Tape tape;
  const Tensor x = leaf({1, 2, 3}), c = Tensor::ones({3}, DType::float64);
  const Tensor y = sum(mul(square(x), c));
  std::ostringstream out;
  tape.print(out);
  BOOST_TEST(out.str() ==
             "#0 square(leaf [3]) saves 24 bytes\n"
             "#1 mul(#0 [3], constant [3]) saves 48 bytes\n"
             "#2 sum(#1 [3]) saves 0 bytes\n"
             "3 nodes; saved tensors: 72 bytes (one that several nodes save is counted by each)\n");
}

// ---- what is refused ----------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(roots_that_will_not_do) {
  Tape tape;
  const Tensor x = leaf({1, 2}), constant = Tensor::ones({1}, DType::float64);
  const Tensor y = square(x);
  BOOST_CHECK_EXCEPTION(tape.backward(y), Error,
                        saying("shape [2]", "reduce it to one number, or pass a seed"));
  BOOST_CHECK_EXCEPTION(tape.backward(y, Tensor::ones({3}, DType::float64)), Error,
                        saying("float64 [3]", "float64 [2]"));
  BOOST_CHECK_EXCEPTION(tape.backward(y, Tensor::ones({2})), Error, saying("float32 [2]"));
  BOOST_CHECK_EXCEPTION(tape.backward(constant), Error,
                        saying("depends on no tensor that requires a gradient"));
  BOOST_CHECK_EXCEPTION(tape.backward({}), Error, saying("undefined"));
  BOOST_CHECK_EXCEPTION(square(x).set_requires_grad(), Error, saying("only leaves"));
  tape.backward(y, Tensor::ones({2}, DType::float64));  // the refusals have not harmed it
  BOOST_TEST(x.grad().to_vector() == (Values{2, 4}), per_element());
}

BOOST_AUTO_TEST_CASE(a_used_graph_is_gone) {
  Tape tape;
  const Tensor x = leaf({3});
  const Tensor y = square(x);
  tape.backward(y);
  BOOST_TEST(tape.nodes() == 0u);
  BOOST_CHECK_EXCEPTION(tape.backward(y), Error,
                        saying("has been used or cleared", "run the forward pass again"));
  BOOST_CHECK_EXCEPTION(square(y), Error, saying("[square]", "recompute it or detach() it"));
  BOOST_TEST(x.grad().item() == 6);
}

BOOST_AUTO_TEST_CASE(a_tensor_of_an_old_tape) {
  const Tensor x = leaf({3});
  Tensor y;
  {
    Tape tape;
    y = square(x);
  }
  Tape tape;
  square(x);  // so that there is a node with y's number
  BOOST_CHECK_EXCEPTION(add(x, y), Error, saying("[add] input 1", "another tape"));
  BOOST_CHECK_THROW(tape.backward(y), Error);
  const NoGrad no_grad;
  BOOST_TEST(square(y).item() == 81);  // nothing is recorded, so nothing can go wrong
}

BOOST_AUTO_TEST_CASE(writing_to_a_saved_tensor) {
  Tape tape;
  const Tensor x = leaf({3});
  Tensor h = neg(x);
  const Tensor y = square(h);  // saves h
  h.fill_(1);
  BOOST_CHECK_EXCEPTION(tape.backward(y), Error,
                        saying("square saved a tensor of shape [1]", "fill_ has written"));

  Tensor written = neg(x);
  const Tensor z = square(written);
  alias(written, {1}).copy_(Tensor::ones({1}, DType::float64));  // a view of it is no better
  BOOST_CHECK_EXCEPTION(tape.backward(z), Error, saying("square saved", "copy_ has written"));
}

BOOST_AUTO_TEST_CASE(an_op_that_writes_in_place_is_named) {
  Tape tape;
  const Tensor x = Tensor::from<double>({1, 2, 3, 4}, {2, 2}).set_requires_grad();
  const Tensor weight = leaf({1, 1}), bias = leaf({0, 0});
  Tensor mean = Tensor::zeros({2}, DType::float64), var = Tensor::ones({2}, DType::float64);
  const Tensor y = mul(x, mean);  // saves the running mean, which batch_norm then moves
  const Tensor z = batch_norm(x, weight, bias, mean, var, true);
  BOOST_CHECK_EXCEPTION(tape.backward(sum(add(y, z))), Error, saying("mul saved", "batch_norm has written"));
}

BOOST_AUTO_TEST_CASE(writing_to_a_tensor_that_is_not_saved_is_fine) {
  Tape tape;
  const Tensor x = leaf({3});
  Tensor h = neg(x);
  const Tensor y = sum(add(h, h));  // neither saves anything
  h.fill_(1);
  tape.backward(y);
  BOOST_TEST(x.grad().item() == -2);

  Tensor before = neg(x);
  before.fill_(5);  // written first, saved then
  tape.backward(square(before));
  BOOST_TEST(x.grad().item() == -2 - 10);
}

BOOST_AUTO_TEST_CASE(an_exception_leaves_the_tape_usable) {
  const Tensor x = leaf({3});
  Tape tape;
  const Tensor kept = square(x);
  BOOST_CHECK_THROW(add(x, Tensor::ones({2}, DType::float64)).item(), Error);
  BOOST_CHECK_THROW(matmul(x, x), Error);
  BOOST_TEST(!kept.grad());
  tape.backward(kept);
  BOOST_TEST(x.grad().item() == 6);

  Tensor h = neg(x);
  const Tensor y = square(h);
  h.fill_(0);
  BOOST_CHECK_THROW(tape.backward(y), Error);
  BOOST_TEST(tape.nodes() == 0u);  // a pass that failed is over
  tape.backward(square(x));
  BOOST_TEST(x.grad().item() == 12);
  BOOST_TEST(square(x).tracked());  // and recording is on, as it was
}

// ---- long chains --------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_hundred_thousand_nodes) {
  const Tensor x = leaf({1});
  {
    Tape tape;
    Tensor y = x;
    for (int i = 0; i < 100'000; ++i) y = neg(y);
    BOOST_TEST(tape.nodes() == 100'000u);
    tape.backward(y);
    BOOST_TEST(x.grad().item() == 1);
  }
  {
    Tape tape;  // and one that is dropped without a backward pass
    Tensor y = x;
    for (int i = 0; i < 100'000; ++i) y = mul(y, y);
  }
}

// ---- the gradient as a tensor -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(gradient_gives_tensors_and_leaves_grad_alone) {
  Tape tape;
  const Tensor x = leaf({3}), unused = leaf({1, 2});
  const Tensor h = square(x);
  const auto gradients = tape.gradient(square(h), {x, h, unused});
  BOOST_TEST(gradients[0].item() == 4 * 27);
  BOOST_TEST(gradients[1].item() == 18);
  BOOST_TEST(gradients[2].to_vector() == (Values{0, 0}), per_element());
  BOOST_TEST(!x.grad());
  const auto second = tape.gradient(gradients[0], {x});
  BOOST_TEST(second[0].item() == 12 * 9);
  const auto third = tape.gradient(second[0], {x});
  BOOST_TEST(third[0].item() == 24 * 3);
  tape.backward(third[0]);
  BOOST_TEST(x.grad().item() == 24);
}

// The lists of the tape grow, and move, while a backward that is written in ops reads from them.
BOOST_AUTO_TEST_CASE(gradient_of_many_nodes) {
  Tape tape;
  const Tensor x = Tensor::from<double>({2}, {1}).set_requires_grad();
  Tensor y = x;
  for (int i = 0; i < 200; ++i) y = div(mul(y, tanh(sqrt(square(add(x, y))))), add(sigmoid(y), x));
  const auto g = tape.gradient(sum(y), {x});
  tape.backward(g[0]);
  BOOST_TEST(std::isfinite(x.grad().item()));
}

BOOST_AUTO_TEST_CASE(gradient_with_respect_to_a_tensor_of_another_tape) {
  const Tensor x = leaf({3});
  Tensor old;
  {
    Tape tape;
    old = square(x);
  }
  Tape tape;
  const Tensor y = square(square(x));  // its first node has the number that `old` had on its tape
  BOOST_TEST(tape.gradient(y, {old})[0].item() == 0);
}

// A gradient penalty, as in Gulrajani et al. 2017: the norm of a gradient is part of the loss.
BOOST_AUTO_TEST_CASE(a_gradient_penalty) {
  Tape tape;
  const Tensor x = leaf({1, 2});
  const Tensor y = sum(mul(square(x), x));    // x^3
  const Tensor g = tape.gradient(y, {x})[0];  // 3 x^2
  tape.backward(add(y, sum(square(g))));      // x^3 + 9 x^4
  BOOST_TEST(x.grad().to_vector() == (Values{3 + 36, 12 + 36 * 8}), per_element());
}

// ---- --check-nan --------------------------------------------------------------------------------------------

namespace {
struct CheckNan {
  CheckNan() { set_check_nan(true); }
  ~CheckNan() { set_check_nan(false); }
};
}  // namespace

BOOST_AUTO_TEST_CASE(the_first_op_to_make_a_nan_is_named) {
  const Tensor x = leaf({1, -1});
  {
    Tape tape;
    BOOST_TEST(std::isnan(sum(log(x)).item()));  // off at first
  }
  const CheckNan on;
  Tape tape;
  BOOST_CHECK_EXCEPTION(sum(log(x)), Error, saying("[log] ", "nan in its output of shape [2], element 1"));
  BOOST_CHECK_EXCEPTION(reciprocal(Tensor::zeros({3})), Error, saying("[reciprocal] inf in its output"));
  BOOST_CHECK_EXCEPTION(neg(Tensor::full({3}, INFINITY)), Error, saying("[neg] inf in its input"));
  BOOST_TEST(sum(neg(x)).item() == 0);
}

BOOST_AUTO_TEST_CASE(the_first_gradient_that_is_not_finite_is_named) {
  const CheckNan on;
  const Tensor x = leaf({4, 0});
  Tape tape;
  const Tensor y = sum(neg(sqrt(neg(neg(x)))));
  BOOST_CHECK_EXCEPTION(tape.backward(y), Error, saying("[sqrt] -inf in its gradient"));
}
