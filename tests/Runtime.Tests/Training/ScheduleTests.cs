namespace ModelDsl.Runtime.Tests.Training;

public sealed class ScheduleTests
{
    [Fact]
    public void Warmup_and_cosine_meet_their_corner_points()
    {
        LearningRateSchedule schedule = LearningRateSchedule.WarmupCosine(10, 110, floor: 0.2);
        Assert.Equal(0.1, schedule.Factor(1), 1e-12);
        Assert.Equal(1, schedule.Factor(10), 1e-12);
        Assert.Equal(0.6, schedule.Factor(60), 1e-12);
        Assert.Equal(0.2, schedule.Factor(110), 1e-12);
        Assert.Equal(0.2, schedule.Factor(1_000_000), 1e-12);
        Assert.True(schedule.Factor(109) > 0.2 && schedule.Factor(11) < 1);
    }

    [Fact]
    public void Warmup_stable_decay_meets_its_corner_points()
    {
        LearningRateSchedule schedule = LearningRateSchedule.WarmupStableDecay(10, 100, 20, floor: 0.1);
        Assert.Equal(0.5, schedule.Factor(5), 1e-12);
        Assert.Equal(1, schedule.Factor(10), 1e-12);
        Assert.Equal(1, schedule.Factor(80), 1e-12);
        Assert.Equal(0.55, schedule.Factor(90), 1e-12);
        Assert.Equal(0.1, schedule.Factor(100), 1e-12);
        Assert.Equal(0.1, schedule.Factor(101), 1e-12);
    }

    [Fact]
    public void Without_warmup_the_first_step_has_the_full_rate()
    {
        Assert.Equal(1, LearningRateSchedule.Constant().Factor(1));
        Assert.Equal(1, LearningRateSchedule.Constant().Factor(long.MaxValue - 1));
        Assert.Equal(0.25, LearningRateSchedule.Constant(4).Factor(1));
        Assert.Equal(1, LearningRateSchedule.WarmupStableDecay(0, 10, 0).Factor(9));
        Assert.True(LearningRateSchedule.WarmupCosine(0, 10).Factor(1) is < 1 and > 0.95);
    }

    [Fact]
    public void Schedules_that_contradict_themselves_are_refused()
    {
        Refused(() => LearningRateSchedule.WarmupCosine(20, 10), "warm-up of 20 steps", "total to at least 20", "Actual value was 10");
        Refused(() => LearningRateSchedule.WarmupCosine(0, 0), "at least 1", "Actual value was 0");
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.WarmupCosine(1, 10, 1.5));
        Refused(() => LearningRateSchedule.WarmupStableDecay(4, 10, 7), "warm-up of 4 of 10", "6 at most", "Actual value was 7");
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant(-1));

        static void Refused(Func<LearningRateSchedule> create, params string[] parts)
        {
            string message = Assert.Throws<ArgumentOutOfRangeException>(create).Message;
            foreach (string part in parts) Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }
}
