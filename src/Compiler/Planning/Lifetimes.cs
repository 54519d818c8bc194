using ModelDsl.Compiler.Fusion;
using ModelDsl.Compiler.Graph;

namespace ModelDsl.Compiler.Planning;

/// <summary>Finds from when to when each buffer is needed, and which need memory for every iteration of a loop.</summary>
internal sealed class Lifetimes
{
    private readonly MemoryPlan plan;
    private readonly Dictionary<Region, (int First, int Last)> spans = [];
    private int clock;

    private Lifetimes(MemoryPlan plan) => this.plan = plan;

    public static void Measure(IReadOnlyList<Kernel> kernels, MemoryPlan plan)
    {
        Lifetimes lifetimes = new(plan);
        lifetimes.Span(kernels);
        lifetimes.clock = 0;
        lifetimes.Visit(kernels, null, null);
    }

    private void Span(IReadOnlyList<Kernel> kernels)
    {
        foreach (Kernel kernel in kernels)
        {
            int first = clock++;
            if (kernel is LoopKernel loop)
            {
                Span(loop.Body);
                spans[loop.Loop.Body] = (first, clock++);
            }
            else if (kernel is ChunkKernel chunk)
            {
                Span(chunk.Body);
                clock++;
            }
        }
    }

    private void Visit(IReadOnlyList<Kernel> kernels, Region? region, (int First, int Last)? chunk)
    {
        foreach (Kernel kernel in kernels)
        {
            int now = clock++;
            switch (kernel)
            {
                case LoopKernel loop:
                    foreach (Carry carry in loop.Loop.Carries)
                    {
                        plan.Locate(carry.Input).Buffer.Touch(spans[loop.Loop.Body].First, spans[loop.Loop.Body].Last);
                    }

                    Visit(loop.Body, loop.Loop.Body, null);
                    clock++;
                    break;
                case ChunkKernel chunked:
                    int count = chunked.Body.Count;
                    Visit(chunked.Body, region, (now, now + count + 1));
                    clock++;
                    break;
                default:
                    foreach (Value value in kernel.Reads.Concat(kernel.Writes)) Touch(value, now, region, chunk);
                    break;
            }
        }
    }

    private void Touch(Value value, int now, Region? region, (int First, int Last)? chunk)
    {
        PlannedBuffer buffer = plan.Locate(value).Buffer;
        if (region is not null && value.Region != region && MemoryPlan.Mirrors(region, value.Region))
        {
            // Every iteration's value waits for the backward iteration that mirrors it.
            Region forward = Outermost(value.Region), backward = Outermost(region);
            buffer.Touch(spans[forward].First, spans[backward].Last);
            Stack(buffer, value.Region);
        }
        else if (value.Region != (region ?? value.Region) && region is not null)
        {
            (int first, int last) = spans[ChildOf(value.Region, region)];
            buffer.Touch(first, last);
        }
        else if (chunk is { } span && !plan.IsChunkLocal(value))
        {
            buffer.Touch(span.First, span.Last);
        }
        else
        {
            buffer.Touch(now, now);
        }
    }

    private static void Stack(PlannedBuffer buffer, Region region)
    {
        List<(Loop, int)> loops = [];
        for (Region at = region; at.Loop is { } loop; at = at.Parent!)
        {
            if (loop != buffer.Carried) loops.Insert(0, (loop, loop.Count));
        }

        if (buffer.Stack.Count < loops.Count)
        {
            buffer.Stack.Clear();
            buffer.Stack.AddRange(loops);
        }
    }

    private static Region Outermost(Region region)
    {
        while (region.Parent?.Loop is not null) region = region.Parent;
        return region;
    }

    /// <summary>The region directly below <paramref name="ancestor"/> that contains <paramref name="region"/>.</summary>
    private static Region ChildOf(Region ancestor, Region region)
    {
        while (region.Parent != ancestor) region = region.Parent ?? throw new CompilerException("a value is used outside of its loop");
        return region;
    }
}
