namespace ModelDsl.Benchmarks.Machine;

/// <summary>Runs the same work on several threads at once: of its own, so that the machine is measured without anybody's pool.</summary>
internal static class MachineLoad
{
    /// <summary>Runs <paramref name="work"/> with each index below <paramref name="threads"/> and returns when all are done.</summary>
    public static void Run(int threads, Action<int> work)
    {
        Thread[] others = new Thread[threads - 1];
        for (int i = 0; i < others.Length; i++)
        {
            int index = i + 1;
            others[i] = new Thread(() => work(index));
            others[i].Start();
        }

        work(0);
        foreach (Thread other in others) other.Join();
    }
}
