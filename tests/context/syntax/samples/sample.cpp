// Shapes, their owners, and a scene.
#include <memory>
#include <vector>
#include "geometry/point.hpp"
#include "shape.h"

using namespace std;
using std::vector;
using Points = std::vector<geo::Point>;
namespace fs = std::filesystem;

#define SCENE_LIMIT 100

namespace shapes {

class Visitor;
enum class Color : unsigned char { Red, Green = 4, Blue };

/// Everything that has an area.
class Shape {
public:
    explicit Shape(std::string name) : name_(std::move(name)) {}
    Shape(const Shape&) = delete;
    virtual ~Shape() = default;
    virtual double area(double scale = 1.0) const = 0;
    virtual void accept(Visitor& visitor);
    const std::string& name() const noexcept { return name_; }
    Shape& operator=(const Shape& other);
    operator bool() const { return !name_.empty(); }
    static int count;

protected:
    std::string name_;
    std::unique_ptr<Shape> next_ = nullptr;
    int sides_{0}, corners_ = 0;
};

template <typename T, int N = 2>
struct Box final : public Shape, private virtual Counted<T> {
    using value_type = T;
    typedef T *pointer;
    T sides[N];
    Box(T first, T second) : Shape("box"), sides{first, second} {}
    double area(double scale) const override {
        return sides[0] * this->sides[1] * scale;
    }
    friend class Scene;
    template <typename U>
    U as() const { return static_cast<U>(sides[0]); }
    struct Inner { int depth; };
};

namespace detail::deep {
inline int helper(int value) { return value + 1; }
}

}  // namespace shapes

using shapes::Shape;

int Shape::count = 0;

// Lets a visitor in.
void shapes::Shape::accept(Visitor& visitor) {
    visitor.visit(*this);
    count += detail::deep::helper(1);
}

template <typename T>
T clamp(const T& value, const T& low, T high) {
    return value < low ? low : std::min(value, high);
}

class Scene {
public:
    Scene() : limit(SCENE_LIMIT) {}
    auto add(std::unique_ptr<Shape> shape) -> Shape*;
    template <class F> void each(F&& visit);

private:
    std::vector<std::unique_ptr<Shape>> shapes_;
    std::map<std::string, Shape*> index_;
    int limit;
};

auto Scene::add(std::unique_ptr<Shape> shape) -> Shape* {
    if (shapes_.size() >= limit) throw std::length_error("full");
    Shape* raw = shape.get();
    index_[raw->name()] = raw;
    shapes_.push_back(std::move(shape));
    return raw;
}

template <class F>
void Scene::each(F&& visit) {
    for (const auto& shape : shapes_) visit(*shape);
    for (auto& [name, shape] : index_) visit(*shape);
}

static const double kPi = 3.14;
extern Scene* current;
constexpr int kLimits[] = {1, 2};

extern "C" int run(int argc, char** argv) {
    Scene scene;
    auto box = std::make_unique<shapes::Box<int>>(1, 2);
    shapes::Box<double> other(1.0, 2.0);
    const shapes::Color color = shapes::Color::Red;
    auto area = [&scene, kPi](const Shape& shape) -> double { return shape.area(kPi); };
    try {
        scene.add(std::move(box))->accept(*new Printer{});
    } catch (const std::exception& error) {
        std::cerr << error.what() << std::endl;
        return -1;
    }
    scene.each(area);
    return clamp<int>(argc, 0, 1) + static_cast<int>(other.area(2.0));
}
