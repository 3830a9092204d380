# frozen_string_literal: true

require 'json'
require_relative '../lib/garden/tool'
load 'setup.rb'
autoload :Seeds, 'garden/seeds'

# Everything that grows.
module Garden
  VERSION = '1.2'
  DEFAULTS = { water: 2, light: :full }.freeze

  class Error < StandardError; end

  module Growing
    def self.included(base)
      base.extend(ClassMethods)
    end

    def grow(days = 1, *rest, rate: 0.5, **options, &block)
      @height ||= 0
      @height += days * rate
      block&.call(@height)
      yield @height if block_given?
      self
    end

    private

    def tired?
      @height > 100
    end
  end

  # A plant with a name.
  class Plant < Base::Thing
    include Growing
    extend Forwardable
    attr_accessor :name, :height
    attr_reader :pot
    def_delegators :@pot, :size

    MAX_HEIGHT = 50
    @@count = 0

    class << self
      def build(name, &block)
        plant = new(name)
        plant.instance_eval(&block) if block
        plant
      end
    end

    # Makes a plant.
    def initialize(name, pot: Pot.new(3))
      super()
      @name = name
      @pot = pot
      @soil = Soil::Rich.new(depth: 2)
      @@count += 1
    end

    def self.count
      @@count
    end

    def <=>(other)
      height <=> other.height
    end

    def name=(value)
      @name = value.to_s.strip
    end

    def water(amount, times)
      total = times.times.map { |time| amount * time }.sum
      log = Logger.new($stdout)
      log.info("watered #{@name} with #{total}")
      begin
        @pot.fill(total)
      rescue Pot::Overflow, IOError => error
        log.warn(error.message)
        raise Error, 'too much' unless error.harmless?
      ensure
        log.close
      end
      case total
      when 0 then nil
      when 1..MAX_HEIGHT then Garden.report(self, total)
      else total
      end
    end

    alias pour water
    alias_method :splash, :water
    delegate :size, to: :pot

    def to_json(*args) = { name: @name, height: }.to_json(*args)
  end

  Point = Struct.new(:x, :y) do
    def distance(other) = Math.sqrt((x - other.x)**2)
  end

  def self.report(plant, total)
    puts format('%s: %d', plant.name, total)
    lambda { |line| line.upcase }.call('done')
    ->(word) { word.size }
  end
end

class Garden::Shed
  def tools = @tools ||= Tool.all.select(&:sharp?)
end

plant = Garden::Plant.build('rose') do
  grow 3, rate: 2
end
plant.grow(2) { |height| puts height }
first, *others = plant.pot.contents
puts [first, others].inspect, Garden::VERSION, DEFAULTS[:water]
$garden = plant
